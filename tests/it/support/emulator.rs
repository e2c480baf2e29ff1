//! Emulators of AWS, each a child process that ends with the test run.
//!
//! How to start which is known by `scripts/emulator.sh` alone, which serves the
//! demo too. The child stops when its standard input ends: when an
//! [`Emulator`] is dropped, or when the test process is gone, however it went.
//! Nothing here waits by the clock: the script says its address once the
//! emulator answers.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Policies are stored, not evaluated. Plain http, so that a proxy can count.
pub(crate) fn ministack() -> &'static Emulator {
    static SHARED: OnceLock<Emulator> = OnceLock::new();
    SHARED.get_or_init(|| Emulator::start(Mode::MiniStack))
}

/// Policies are evaluated, over TLS, so that they may refuse plain http.
pub(crate) fn ministack_enforcing_tls() -> &'static Emulator {
    static SHARED: OnceLock<Emulator> = OnceLock::new();
    SHARED.get_or_init(|| Emulator::start(Mode::MiniStackEnforcing))
}

/// A second opinion on what reads back.
pub(crate) fn moto() -> &'static Emulator {
    static SHARED: OnceLock<Emulator> = OnceLock::new();
    SHARED.get_or_init(|| Emulator::start(Mode::Moto))
}

/// Which emulator, and how it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    MiniStack,
    MiniStackEnforcing,
    Moto,
}

impl Mode {
    /// As `scripts/emulator.sh` calls it.
    fn name(self) -> &'static str {
        match self {
            Self::MiniStack => "ministack",
            Self::MiniStackEnforcing => "ministack-enforcing",
            Self::Moto => "moto",
        }
    }
}

/// A running emulator.
#[derive(Debug)]
pub(crate) struct Emulator {
    mode: Mode,
    url: String,
    child: Child,
}

impl Emulator {
    /// One of one's own, for tests that [`reset`](Self::reset) it or talk to
    /// its only account. Others share one: see the functions of this module.
    pub(crate) fn start(mode: Mode) -> Self {
        static STARTED: AtomicU64 = AtomicU64::new(1);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        // Cargo's scratch folder for integration tests, inside the target folder.
        let logs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulators");
        fs::create_dir_all(&logs).expect("a folder for logs");
        let log = logs.join(format!("{}-{}-{number}.log", mode.name(), std::process::id()));
        let mut child = Command::new("bash")
            .arg(root().join("scripts/emulator.sh"))
            .arg(mode.name())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).expect("a log file"))
            .spawn()
            .expect("bash runs scripts/emulator.sh");
        let mut url = String::new();
        let output = child.stdout.take().expect("the child's output is ours");
        BufReader::new(output).read_line(&mut url).expect("the emulator's address is text");
        if url.is_empty() {
            let text = fs::read_to_string(&log).unwrap_or_default();
            panic!("no emulator; the end of {}:\n{}", log.display(), tail(&text, 20));
        }
        Self { mode, url: url.trim().to_owned(), child }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// An account that no other test uses, seen through its root user, whom
    /// MiniStack knows by an access key of twelve digits. Moto has one account
    /// for all: tests must tell their objects apart by name there.
    pub(crate) fn account(&self) -> Account {
        match self.mode {
            Mode::MiniStack | Mode::MiniStackEnforcing => {
                let id = next_id();
                Account { access_key: id.clone(), ..self.first_account(&id) }
            }
            Mode::Moto => self.first_account("123456789012"),
        }
    }

    /// One in which nobody has made anything yet, in moto too: there a role that is
    /// assumed leads to its account, whether or not either was there before.
    pub(crate) async fn empty_account(&self) -> Account {
        match self.mode {
            Mode::MiniStack | Mode::MiniStackEnforcing => self.account(),
            Mode::Moto => {
                let id = next_id();
                let sts = aws_sdk_sts::Client::new(&super::aws::config(&self.account()));
                let role = sts.assume_role().role_arn(format!("arn:aws:iam::{id}:role/tests"));
                let role = role.role_session_name("tests").send().await.expect("a session");
                let key = role.credentials().expect("a key");
                Account {
                    access_key: key.access_key_id().to_owned(),
                    secret_key: key.secret_access_key().to_owned(),
                    ..self.first_account(&id)
                }
            }
        }
    }

    fn first_account(&self, id: &str) -> Account {
        let secure = self.mode == Mode::MiniStackEnforcing;
        Account {
            id: id.to_owned(),
            endpoint: self.url.clone(),
            access_key: "test".to_owned(),
            secret_key: "test".to_owned(),
            certificate: secure.then(|| root().join(".tools/tls/certificate.pem")),
        }
    }

    /// Forgets everything in every account. Only for an emulator of one's own.
    pub(crate) async fn reset(&self) {
        let path = match self.mode {
            Mode::MiniStack | Mode::MiniStackEnforcing => "/_ministack/reset",
            Mode::Moto => "/moto-api/reset",
        };
        let account = self.first_account("");
        super::aws::post(&account, &format!("{}{path}", self.url)).await;
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Reaps it. An error would mean that it is gone already.
        let _gone = self.child.wait();
    }
}

/// An account's that nobody has had before.
fn next_id() -> String {
    static GIVEN: AtomicU64 = AtomicU64::new(100_000_000_001);
    GIVEN.fetch_add(1, Ordering::Relaxed).to_string()
}

/// Whose calls an emulator sees.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: String,
    /// Where to send calls: the emulator, or a proxy before it.
    pub(crate) endpoint: String,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    /// What to trust, where the emulator speaks TLS.
    pub(crate) certificate: Option<PathBuf>,
}

impl Account {
    /// The region of tests that need no other.
    pub(crate) const REGION: &str = "us-east-1";

    /// The same account, spoken to through something else.
    pub(crate) fn through(&self, endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), ..self.clone() }
    }

    /// What the binary needs to find it.
    pub(crate) fn env(&self) -> BTreeMap<String, String> {
        let mut env = BTreeMap::from(
            [
                ("AWS_ACCESS_KEY_ID", self.access_key.as_str()),
                ("AWS_EC2_METADATA_DISABLED", "true"),
                ("AWS_ENDPOINT_URL", &self.endpoint),
                ("AWS_REGION", Self::REGION),
                ("AWS_SECRET_ACCESS_KEY", &self.secret_key),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        if let Some(certificate) = &self.certificate {
            env.insert("AWS_CA_BUNDLE".to_owned(), certificate.display().to_string());
        }
        env
    }
}

/// The folder of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
    use serde_json::json;

    use super::super::aws;
    use super::*;

    async fn check_caller(account: &Account) {
        let sts = aws_sdk_sts::Client::new(&aws::config(account));
        let caller = sts.get_caller_identity().send().await.unwrap();
        assert_eq!(caller.account(), Some(account.id.as_str()));
        assert!(caller.arn().unwrap().starts_with(&format!("arn:aws:iam::{}:", account.id)));
    }

    #[tokio::test]
    async fn every_emulator_answers_for_the_account_that_it_gave() {
        for emulator in [ministack(), ministack_enforcing_tls()] {
            check_caller(&emulator.account()).await;
        }
        // Moto has a user where MiniStack has the root user.
        let account = moto().account();
        let sts = aws_sdk_sts::Client::new(&aws::config(&account));
        let caller = sts.get_caller_identity().send().await.unwrap();
        assert_eq!(caller.account(), Some(account.id.as_str()));
    }

    #[tokio::test]
    async fn accounts_do_not_see_each_other() {
        for emulator in [ministack(), ministack_enforcing_tls()] {
            let [mine, theirs] = [emulator.account(), emulator.account()]
                .map(|account| aws_sdk_sqs::Client::new(&aws::config(&account)));
            mine.create_queue().queue_name("claims").send().await.unwrap();
            let found = theirs.get_queue_url().queue_name("claims").send().await;
            assert!(found.unwrap_err().into_service_error().is_queue_does_not_exist());
        }
    }

    /// In an account of its own, because the root user of any account may do
    /// everything and need not even sign.
    #[tokio::test]
    async fn users_need_a_permission_and_the_right_secret() {
        let root = ministack_enforcing_tls().account();
        let iam = aws_sdk_iam::Client::new(&aws::config(&root));
        iam.create_user().user_name("claims").send().await.unwrap();
        let key = iam.create_access_key().user_name("claims").send().await.unwrap();
        let key = key.access_key().unwrap();
        let user = Account {
            access_key: key.access_key_id().to_owned(),
            secret_key: key.secret_access_key().to_owned(),
            ..root
        };
        let list = async |account: &Account| {
            let sqs = aws_sdk_sqs::Client::new(&aws::config(account));
            let answer = sqs.list_queues().send().await;
            answer.map_err(|error| error.code().unwrap_or_default().to_owned()).map(|_| ())
        };
        let liar = Account { secret_key: "wrong".to_owned(), ..user.clone() };
        assert_eq!(list(&liar).await, Err("SignatureDoesNotMatch".to_owned()));
        assert_eq!(list(&user).await, Err("AccessDenied".to_owned()));

        let policy = json!({ "Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*",
        }});
        let put = iam.put_user_policy().user_name("claims").policy_name("list");
        put.policy_document(policy.to_string()).send().await.unwrap();
        assert_eq!(list(&user).await, Ok(()));
    }

    /// S3 may not tell a topic about objects unless the topic's policy lets
    /// it; again in an account of its own.
    #[tokio::test]
    async fn policies_of_topics_are_evaluated() {
        let account = ministack_enforcing_tls().account();
        let (s3, sns) = (aws::s3(&account), aws_sdk_sns::Client::new(&aws::config(&account)));
        let bucket = format!("claims-{}", account.id);
        s3.create_bucket().bucket(&bucket).send().await.unwrap();
        let topic = sns.create_topic().name("claims").send().await.unwrap();
        let topic = topic.topic_arn().unwrap();
        let notify_when = async |condition: &str| {
            let policy = json!({ "Version": "2012-10-17", "Statement": {
                "Effect": "Allow",
                "Principal": { "Service": "s3.amazonaws.com" },
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": { "ArnEquals": { "aws:SourceArn": condition } },
            }});
            let set = sns.set_topic_attributes().topic_arn(topic).attribute_name("Policy");
            set.attribute_value(policy.to_string()).send().await.unwrap();
            let answer = aws::notify(&s3, &bucket, topic).await;
            answer.map_err(|error| error.code().unwrap_or_default().to_owned())
        };
        let elsewhere = notify_when("arn:aws:s3:::elsewhere").await;
        assert_eq!(elsewhere, Err("InvalidArgument".to_owned()));
        let here = notify_when(&format!("arn:aws:s3:::{bucket}")).await;
        assert_eq!(here, Ok(()));
    }

    #[tokio::test]
    async fn reset_forgets_everything() {
        for mode in [Mode::MiniStackEnforcing, Mode::Moto] {
            let emulator = Emulator::start(mode);
            let sqs = aws_sdk_sqs::Client::new(&aws::config(&emulator.account()));
            sqs.create_queue().queue_name("claims").send().await.unwrap();
            emulator.reset().await;
            let queues = sqs.list_queues().send().await.unwrap();
            assert_eq!(queues.queue_urls(), [""; 0]);
        }
    }

    #[test]
    fn a_dropped_emulator_is_gone() {
        let emulator = Emulator::start(Mode::MiniStack);
        let address = emulator.url().trim_start_matches("http://").to_owned();
        std::net::TcpStream::connect(&address).expect("it listens");
        drop(emulator);
        std::net::TcpStream::connect(&address).expect_err("nobody listens");
    }

    #[test]
    fn the_tail_is_the_end() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }
}
