//! What is not of a stack, and is looked at because its documents name it.

use super::opened::Opened;
use crate::model::{Address, CloudError, ErrorClass, Exhibit, Live, Other, Scene, Status};
use crate::verify::named_others;

/// A scene with the keys, topics and queues of others that it names. Nobody is asked
/// where there are none. What may not be read is told by who judges, and stops nobody. Of what
/// is not there yet and one of these scenes is to have, nothing is told.
pub(crate) async fn with_others(opened: &Opened, scene: Scene, coming: &[Scene]) -> Scene {
    let looks = named_others(&scene);
    if looks.is_empty() {
        return scene;
    }
    let found = opened.look_at(looks).await.into_iter().filter_map(|(sought, answer)| {
        let name = sought.address?;
        let is_it =
            |it: &Scene| it.place == scene.place && it.named(&sought.kind, name.as_str()).is_some();
        let comes = matches!(answer, Ok(None)) && coming.iter().any(is_it);
        (!comes).then(|| (name.to_string(), other(name, answer)))
    });
    let others = found.collect();
    Scene { others, ..scene }
}

fn other(name: Address, answer: Result<Option<Live>, CloudError>) -> Other {
    match answer {
        Ok(None) => Other::Gone("is not there".into()),
        Ok(Some(Live { status: Status::Deleting(how) | Status::Failed(how), .. })) => {
            Other::Gone(format!("cannot be used: {how}"))
        }
        Ok(Some(live)) => Other::Seen(Exhibit::living(name, &live)),
        Err(error) if error.class == ErrorClass::Denied => {
            Other::Hidden(format!("not ours to read: {} is denied", error.operation))
        }
        Err(error) => Other::Hidden(format!("not to be seen: {error}")),
    }
}
