//! `ccprov show`: one object as it lives, by its address in a stack or by its ARN. Looks at
//! that object alone, as far as its name is known.

use clap::Args;

use super::connected::Connected;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::looked::hide;
use super::opened::Opened;
use super::options::{What, Where};
use super::screen::Screen;
use crate::aws::arn::Arn;
use crate::aws::{AwsCatalog, Provider};
use crate::engine::{Look, find_all};
use crate::model::{
    Address, Catalog as _, Desired, Diagnostic, Live, Mask, Naming, Place, Sought, document,
};
use crate::plan::hide_private;
use crate::report::{self, ObjectRecord};
use crate::spec;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The address of a resource of the stack file, or the ARN of any object
    #[arg(value_name = "ADDRESS|ARN")]
    object: String,

    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    /// State what is at its default, too
    #[arg(long)]
    all: bool,

    /// Tell the object as JSON, with all of its fields
    #[arg(long)]
    pub(crate) json: bool,
}

/// An object, and what the stack file wants of it, if that was read.
struct Shown {
    live: Live,
    want: Option<Desired>,
    catalog: AwsCatalog,
    place: Place,
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let shown = match (Arn::read(&arguments.object), &arguments.what.stack) {
        (Some(arn), None) => {
            let place = in_region_of(&arn, &arguments.place);
            let connected = Connected::connect(&place, None, environment, screen).await?;
            let shown = by_arn(&arguments.object, &connected.provider, None).await;
            connected.trace.write(screen);
            shown?
        }
        (Some(_), Some(_)) => {
            let opened = open(arguments, environment, screen).await?;
            let shown = by_arn(&arguments.object, &opened.provider, Some(&opened)).await;
            opened.trace.write(screen);
            shown?
        }
        (None, _) => {
            let opened = open(arguments, environment, screen).await?;
            let trace = opened.trace.clone();
            let shown = Box::pin(by_address(&arguments.object, opened, environment)).await;
            trace.write(screen);
            shown?
        }
    };
    tell(shown, arguments, screen)
}

async fn open(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Opened, Failure> {
    Opened::file(&arguments.what, &arguments.place, environment, screen).await
}

fn tell(shown: Shown, arguments: &Arguments, screen: &Screen) -> Result<Exit, Failure> {
    let Shown { mut live, want, catalog, place } = shown;
    let kind = catalog.kind(&live.kind).ok_or_else(|| Failure::plain("its kind is not known"))?;
    let naming = naming(&live, want.as_ref(), &place);
    if let Some(want) = &want {
        hide(&want.document, &live, &screen.mask);
    }
    hide_private(&mut live.document, want.as_ref().map(|want| &want.document), kind);
    veil(&mut live, &screen.mask);
    let restated = spec::restate(&live, kind, &catalog, &naming);
    let address = want.as_ref().map(|want| &want.address);
    let record = ObjectRecord { place: &place, kind, live: &live, restated: &restated, address };
    screen.data(&if arguments.json {
        report::object_json(record)
    } else {
        report::object_yaml(record, arguments.all)
    });
    Ok(Exit::Done)
}

/// Text by text: written out, a secret may be broken in lines.
fn veil(live: &mut Live, mask: &Mask) {
    live.document = mask.veil_value(std::mem::take(&mut live.document));
}

/// By whose rules its name is a default, if it is one.
fn naming(live: &Live, want: Option<&Desired>, place: &Place) -> Naming {
    let owner = live.owner.as_ref();
    let address = want.map(|want| &want.address).or(owner.map(|owner| &owner.address));
    Naming {
        stack: owner.map(|owner| owner.stack.clone()).unwrap_or_default(),
        address: address.cloned().unwrap_or_else(|| Address::new("")),
        place: place.clone(),
    }
}

/// An object of a stack file. Where its name waits for another, or is one that an earlier
/// ccprov gave, all of the stack is looked at.
async fn by_address(
    written: &str,
    opened: Opened,
    environment: &Environment,
) -> Result<Shown, Failure> {
    let address = Address::new(written);
    let want = opened.stack.resources.get(&address).ok_or_else(|| unknown(written, &opened))?;
    let kind = opened.catalog.kind(&want.kind);
    let waits = document::is_pending(want.identity.as_str());
    let is_tagged = kind.is_some_and(|kind| kind.tagged);
    let sought = Sought { fields: None, holdings: true, ..want.sought() };
    let found = if waits && !is_tagged { None } else { find(vec![sought], &opened).await? };
    let (opened, found) = if found.is_some() {
        (opened, found)
    } else {
        let (opened, mut world) = opened.look(Look::ToVerify, environment).await?.into_parts();
        let sought = world.found.remove(&address).map(|live| again(&live, &address));
        let found = find(sought.into_iter().collect(), &opened).await?;
        (opened, found)
    };
    let Some(live) = found else { return Err(absent(written, &opened).into()) };
    let want = opened.stack.resources.get(&address).cloned();
    Ok(Shown { live, want, place: opened.stack.place, catalog: opened.catalog })
}

/// How to look once more for what was found, and for what it holds.
fn again(live: &Live, address: &Address) -> Sought {
    Sought {
        kind: live.kind.clone(),
        identity: live.identity.clone(),
        address: Some(address.clone()),
        formerly: Vec::new(),
        arn: live.arn().map(str::to_owned),
        fields: None,
        holdings: true,
    }
}

/// Whatever has this ARN.
async fn by_arn(arn: &str, provider: &Provider, opened: Option<&Opened>) -> Result<Shown, Failure> {
    let (catalog, place) = (AwsCatalog::new(), provider.place().clone());
    check_place(arn, &place)?;
    let mut sought = provider.by_arn(arn).await?;
    if sought.is_empty() {
        return Err(of_no_kind(arn).into());
    }
    for sought in &mut sought {
        sought.holdings = true;
    }
    let kinds: Vec<String> = sought.iter().map(|sought| sought.kind.clone()).collect();
    let found = match opened {
        Some(opened) => find(sought, opened).await?,
        None => first(find_all(provider, sought, &|_| {}).await)?,
    };
    let live = found.ok_or_else(|| {
        Diagnostic::error(format!("there is no {} {arn}", kinds.join(" and no ")))
            .because("nothing in this account and region has this ARN")
    })?;
    let is_it = |want: &&Desired| want.kind == live.kind && want.identity == live.identity;
    let want = opened.and_then(|opened| opened.stack.resources.values().find(is_it)).cloned();
    Ok(Shown { live, want, catalog, place })
}

async fn find(sought: Vec<Sought>, opened: &Opened) -> Result<Option<Live>, Failure> {
    Ok(first(opened.look_at(sought).await)?)
}

/// The first that is there.
fn first<E>(answers: Vec<(Sought, Result<Option<Live>, E>)>) -> Result<Option<Live>, E> {
    let mut found = None;
    for (_, answer) in answers {
        found = found.or(answer?);
    }
    Ok(found)
}

/// In the region that an ARN names, where the command line names none.
fn in_region_of(arn: &Arn<'_>, place: &Where) -> Where {
    let of_arn = Some(arn.region.to_owned()).filter(|region| !region.is_empty());
    Where { region: place.region.clone().or(of_arn), ..place.clone() }
}

/// What is not here is not looked for: its name may be that of something that is.
fn check_place(text: &str, here: &Place) -> Result<(), Diagnostic> {
    let Some(arn) = Arn::read(text) else { return Ok(()) };
    let is_here = matches!(arn.account, "" | "aws") || arn.account == here.account;
    if arn.partition != here.partition || !is_here {
        let of = if is_here { arn.partition } else { arn.account };
        let whose = if is_here { &here.partition } else { &here.account };
        return Err(Diagnostic::error(format!(
            "{text} is an object of {of}, and these are credentials of {whose}"
        ))
        .hint("choose other credentials: --profile, AWS_PROFILE"));
    }
    if !arn.region.is_empty() && arn.region != here.region {
        return Err(Diagnostic::error(format!(
            "{text} is in {}, and this looks in {}",
            arn.region, here.region
        ))
        .hint(format!("--region {}, and no stack file of another region", arn.region)));
    }
    Ok(())
}

/// An ARN of which no kind knows the form.
fn of_no_kind(text: &str) -> Diagnostic {
    let service = Arn::read(text).map_or("", |arn| arn.service);
    Diagnostic::error(format!("no kind reads {text}"))
        .because(format!("it is of the service `{service}`, and no kind has ARNs of this form"))
        .hint("`ccprov kinds` lists what there is")
}

fn absent(written: &str, opened: &Opened) -> Diagnostic {
    Diagnostic::error(format!("{written} is declared, and not there yet"))
        .because(format!("nothing of its name belongs to stack {}", opened.stack.name))
        .hint("`ccprov plan` shows what an apply would make")
}

/// An address that the stack file does not declare.
fn unknown(written: &str, opened: &Opened) -> Diagnostic {
    let all: Vec<&str> = opened.stack.resources.keys().map(Address::as_str).collect();
    let begins = format!("{written}.");
    let inner: Vec<&str> = all.iter().copied().filter(|it| it.starts_with(&begins)).collect();
    let file = opened.file.display();
    if !inner.is_empty() {
        return Diagnostic::error(format!("{written} is no resource of {file} by itself"))
            .because("it is what a pattern or a repetition is called, which has resources")
            .hint(format!("name one of them: {}", inner.join(", ")));
    }
    let problem = Diagnostic::error(format!("{file} declares no {written}"));
    spec::did_you_mean(problem, written, all).hint(format!(
        "`ccprov list --stack {}` tells what lives of it, declared or not",
        opened.stack.name
    ))
}
