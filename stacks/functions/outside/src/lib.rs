//! What the outside gives to a function: the environment, the clock, the log, and
//! connections to AWS. The only code of a function that a test does without.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use aws_config::{BehaviorVersion, ConfigLoader};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use events::{Level, Line, Moment};
use lambda_runtime::Error;

/// How a function ends that served, or could not. Lambda tells only that its process
/// ended; why it could not start, the log says.
pub fn ended(served: Result<(), Error>) -> ExitCode {
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(&Line::new(now(), Level::Error, "cannot start").because(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

/// Region, credentials and, on an emulator, the endpoint are in the environment.
pub fn aws() -> ConfigLoader {
    let https = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(https)
}

/// A variable of the environment; `None` if there is none, or none that is UTF-8.
#[expect(clippy::disallowed_methods, reason = "a function is configured by its environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The one clock of a function.
#[expect(clippy::disallowed_methods, reason = "the one clock of a function")]
pub fn now() -> Moment {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since_1970.unwrap_or(Duration::ZERO).as_millis();
    Moment::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// Lambda takes what is written to standard output, line by line.
pub fn log(line: &Line<'_>) {
    // Whom nobody can hear has nothing better to do than to go on.
    let _unheard = writeln!(std::io::stdout().lock(), "{}", line.to_json());
}
