//! A claim check that lives on an emulator, and who verifies it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use ccprov::aws::behaviours::{Bench, Options, behaviours};
use ccprov::aws::{AccessKey, AwsCatalog, Connection, Provider, Session};
use ccprov::engine::stop::Stopper;
use ccprov::engine::{Look, Site, Until, execute, observe};
use ccprov::model::{Inspected, Mask, Place, Scene, Stack, Verdict};
use ccprov::plan::{Permissions, Plan, plan, plan_destroy};
use ccprov::spec::{Inputs, check, load};
use ccprov::verify::{CONFORMANCE, Choice, Inspection, Notice, RULES, inspect};
use tokio::sync::mpsc;

use crate::support::aws;
use crate::support::emulator::Account;

pub(crate) const STACK: &str = "verified";
/// In place of a behaviour's id.
pub(crate) const ALL: &str = "all";
const DATA_MAY_GO: Permissions = Permissions { allow_data_loss: true };
/// Filters, so that keys have to meet them; few tries, so that there is little
/// room for carelessness.
const CLAIM_CHECK: &str = "
stack: verified
resources:
  claims:
    pattern: claim_check
    with:
      queue_name: claims
      max_receive_count: 3
      visibility_timeout_seconds: 600
      key_deletion_window_in_days: 7
      filter_prefix: in-box/
      filter_suffix: .bin
      force_destroy: true
";

/// A claim check, made by an apply.
pub(crate) struct Stand {
    pub(crate) account: Account,
    pub(crate) session: Session,
    place: Place,
    stack: Stack,
    catalog: AwsCatalog,
}

impl Stand {
    pub(crate) async fn make(account: &Account) -> Self {
        Self::make_of(account, CLAIM_CHECK).await
    }

    pub(crate) async fn make_of(account: &Account, text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stack.yaml");
        fs::write(&path, text).unwrap();
        Self::make_from(account, &path).await
    }

    pub(crate) async fn make_from(account: &Account, path: &Path) -> Self {
        let session = Box::pin(connect(account)).await;
        let place = session.place(&session.caller().await.unwrap());
        let catalog = AwsCatalog::new();
        let stack = stack(path, &place, &catalog);
        let stand = Self { account: account.clone(), session, place, stack, catalog };
        Box::pin(stand.carry_out(&stand.plan().await)).await;
        stand
    }

    /// The same stand, seen by somebody else.
    pub(crate) async fn seen_by(&self, account: &Account) -> Self {
        let (session, catalog) = (connect(account).await, AwsCatalog::new());
        session.caller().await.unwrap();
        let (place, stack) = (self.place.clone(), self.stack.clone());
        Self { account: account.clone(), session, place, stack, catalog }
    }

    fn provider(&self) -> Provider {
        Provider::new(self.session.clone(), self.place.clone())
    }

    /// What an apply would do.
    pub(crate) async fn plan(&self) -> Plan {
        let provider = self.provider();
        let look = observe(&provider, &self.stack, &self.catalog, Look::ToPlan);
        let world = Box::pin(look).await;
        plan(&self.stack, &world.unwrap(), &self.catalog, DATA_MAY_GO).unwrap()
    }

    pub(crate) async fn destroy(&self) {
        let world = observe(&self.provider(), &self.stack, &self.catalog, Look::ToDestroy).await;
        let plan = plan_destroy(&self.stack, &world.unwrap(), &self.catalog, DATA_MAY_GO);
        self.carry_out(&plan).await;
    }

    async fn carry_out(&self, plan: &Plan) {
        let writer = self.provider().into_writer(&self.stack.name);
        let (events, _listener) = mpsc::unbounded_channel();
        let (catalog, until) = (&self.catalog, Until::Ready);
        let site = Site {
            writer: &writer,
            catalog,
            plan,
            seen: None,
            told: const { &BTreeMap::new() },
            is_in_wake: false,
            until,
            seed: 1,
        };
        let report = Box::pin(execute(site, Stopper::new().1, events)).await;
        assert!(report.summary.is_success(), "{:#?}", report.outcomes);
    }

    /// What lives, as verify sees it.
    pub(crate) async fn scene(&self) -> Scene {
        let world = observe(&self.provider(), &self.stack, &self.catalog, Look::ToPlan).await;
        Scene::live(&self.stack, &world.unwrap().found, &self.catalog)
    }

    /// Runs one behaviour.
    pub(crate) async fn verify(&self, check: &str, options: Options) -> Vec<Inspected> {
        self.verify_scene(&self.scene().await, check, options).await
    }

    /// The same of what was seen earlier.
    pub(crate) async fn verify_scene(
        &self,
        scene: &Scene,
        check: &str,
        options: Options,
    ) -> Vec<Inspected> {
        let bench = Bench::new(self.session.clone(), options);
        let (notices, _listener) = mpsc::unbounded_channel();
        // On the heap, because what is on the way fills a stack.
        let results = Box::pin(self.inspect(&bench, scene, check, notices)).await;
        assert_eq!(bench.put_away().await, [], "nothing is left behind");
        results
    }

    /// Runs one behaviour and leaves tidying up to the test.
    pub(crate) async fn inspect(
        &self,
        bench: &Bench,
        scene: &Scene,
        check: &str,
        notices: mpsc::UnboundedSender<Notice>,
    ) -> Vec<Inspected> {
        let rules = RULES.iter().map(|rule| rule.info.id.to_owned());
        let others = rules.chain([CONFORMANCE.id.to_owned()]).collect();
        let choice = if check == ALL {
            Choice { skip: others, ..Choice::ALL }
        } else {
            Choice { only: [check.to_owned()].into(), ..Choice::ALL }
        };
        let plan = self.plan().await;
        let behaviours = behaviours(bench);
        let inspection = Inspection {
            plan: &plan,
            foreign: &BTreeMap::new(),
            scene,
            behaviours: &behaviours,
            choice: &choice,
            skips: &[],
            timeout: Duration::from_mins(5),
        };
        inspect(inspection, notices).await
    }

    pub(crate) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&aws::config(&self.account))
    }

    pub(crate) fn sns(&self) -> aws_sdk_sns::Client {
        aws_sdk_sns::Client::new(&aws::config(&self.account))
    }

    pub(crate) fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        aws_sdk_cloudwatch::Client::new(&aws::config(&self.account))
    }

    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(
            aws_sdk_s3::config::Builder::from(&aws::config(&self.account))
                .force_path_style(true)
                .build(),
        )
    }

    pub(crate) fn url(&self, queue: &str) -> String {
        format!("{}/{}/{queue}", self.account.endpoint, self.place.account)
    }

    pub(crate) fn topic(&self) -> String {
        self.place.arn("sns", "claims-sns")
    }

    pub(crate) fn queue_arn(&self, name: &str) -> String {
        self.place.arn("sqs", name)
    }

    pub(crate) async fn bucket(&self) -> String {
        let scene = self.scene().await;
        scene.of_kind("s3_bucket").next().unwrap().identity.to_string()
    }

    /// The names of all queues but the stack's own.
    pub(crate) async fn ears(&self) -> Vec<String> {
        let queues = self.sqs().list_queues().send().await.unwrap();
        let names = queues.queue_urls().iter().filter_map(|url| url.rsplit('/').next());
        names.filter(|name| !name.starts_with("claims-")).map(str::to_owned).collect()
    }

    /// The endpoints of all subscriptions of the topic.
    pub(crate) async fn endpoints(&self) -> Vec<String> {
        let listed = self.sns().list_subscriptions_by_topic().topic_arn(self.topic()).send().await;
        let listed = listed.unwrap().subscriptions.unwrap_or_default();
        listed.into_iter().filter_map(|it| it.endpoint).collect()
    }

    /// The keys of every version and every delete marker in the bucket.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let bucket = self.bucket().await;
        let all = self.s3().list_object_versions().bucket(bucket).send().await.unwrap();
        let versions = all.versions.unwrap_or_default().into_iter().filter_map(|it| it.key);
        let markers = all.delete_markers.unwrap_or_default().into_iter().filter_map(|it| it.key);
        versions.chain(markers).collect()
    }

    /// Nothing is left of a verify.
    pub(crate) async fn assert_tidy(&self) {
        assert_eq!(self.ears().await, [""; 0]);
        assert_eq!(self.endpoints().await, [self.queue_arn("claims-sqs")]);
        assert_eq!(self.keys().await, [""; 0]);
    }
}

async fn connect(account: &Account) -> Session {
    let read = |path| fs::read(path).unwrap();
    let connection = Connection {
        region: Some(Account::REGION.to_owned()),
        endpoint_url: Some(account.endpoint.clone()),
        ca_bundle: account.certificate.as_ref().map(read),
        access_key: Some(AccessKey {
            id: account.access_key.clone(),
            secret: account.secret_key.clone(),
        }),
        ..Connection::default()
    };
    Session::connect(&connection).await.unwrap()
}

fn stack(path: &Path, place: &Place, catalog: &AwsCatalog) -> Stack {
    let mask = Mask::default();
    let inputs = Inputs {
        vars: BTreeMap::new(),
        ambient: BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &mask,
    };
    let file = load(path, &inputs).unwrap();
    check(&file, place, catalog, &inputs).unwrap().stack
}

/// Small, and patient enough for a busy machine.
pub(crate) fn patient() -> Options {
    Options { payload_bytes: 100_000, patience: Duration::from_secs(40), ..Options::default() }
}

pub(crate) fn exclusive() -> Options {
    Options { exclusive: true, ..patient() }
}

/// For what never comes.
pub(crate) fn impatient() -> Options {
    Options { patience: Duration::from_secs(2), ..patient() }
}

/// What came of each subject, a line each: its findings, or `passed`.
pub(crate) fn told(results: &[Inspected]) -> Vec<String> {
    let line = |result: &Inspected| {
        let Inspected { subject, verdict, .. } = result;
        match verdict {
            Verdict::Passed => format!("{subject}: passed"),
            Verdict::Skipped { reason } => format!("{subject}: skipped, {reason}"),
            Verdict::NotExercised { reason } => format!("{subject}: not exercised, {reason}"),
            Verdict::CouldNotLook { error } => format!("{subject}: could not look, {error}"),
            Verdict::Noted { findings } | Verdict::Failed { findings } => {
                let findings = findings.iter().map(|finding| {
                    let path = finding.path.as_ref().map(|path| format!(" {path}"));
                    format!("{}{}", finding.address, path.unwrap_or_default())
                });
                format!("{subject}: {}", findings.collect::<Vec<_>>().join(", "))
            }
        }
    };
    results.iter().map(line).collect()
}

/// The phrases of what was seen.
pub(crate) fn seen(results: &[Inspected]) -> Vec<&str> {
    results.iter().flat_map(|it| &it.observations).map(|it| it.seen.as_str()).collect()
}
