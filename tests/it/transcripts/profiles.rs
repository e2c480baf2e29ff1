//! Credentials by way of profiles.

use super::Desk;
use crate::support::emulator;

const STACK: &str = "
stack: claims
region: us-east-1
resources:
  queue: { kind: sqs_queue }
";

/// A role, assumed with the keys of another profile. MiniStack lets anybody
/// assume any role.
#[test]
fn a_profile_may_name_a_role() {
    let account = emulator::ministack().account();
    let keys = account.env();
    let config = format!(
        "[profile base]\naws_access_key_id = {}\naws_secret_access_key = {}\n\
         [profile role]\nrole_arn = arn:aws:iam::{}:role/deployer\nsource_profile = base\n",
        keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], account.id
    );
    let desk =
        Desk::with(account, STACK).without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY");
    desk.write(".aws/config", &config);
    desk.must("plan stack.yaml --profile role", 0);
    // Where nobody states a region, the profile may.
    desk.write("stack.yaml", &STACK.replace("region: us-east-1\n", ""));
    desk.write(".aws/config", &format!("{config}region = us-east-1\n"));
    let desk = desk.without("AWS_REGION");
    desk.must("plan stack.yaml --profile role", 0);
}
