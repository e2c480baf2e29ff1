//! Words of other tools' command lines, and what to do here instead.

use std::ffi::OsString;

use clap::error::ErrorKind;

/// A word that people bring along, and what stands for it here.
struct Habit {
    words: &'static [&'static str],
    here: &'static str,
}

const COMMANDS: &[Habit] = &[
    Habit {
        words: &["init", "bootstrap", "new", "configure"],
        here: "there is nothing to set up: no state, no plugins; begin with `ccprov validate`",
    },
    Habit { words: &["format", "tidy"], here: "`ccprov fmt`" },
    Habit {
        words: &["lint", "check", "test", "validate-template", "doctor"],
        here: "`ccprov validate`, then `ccprov verify`",
    },
    Habit {
        words: &["import"],
        here: "`ccprov show` writes an object as a resource with `lifecycle: { adopt: true }`, by its ARN; then \
               `ccprov plan`",
    },
    Habit {
        words: &[
            "state",
            "stacks",
            "get",
            "describe",
            "describe-stacks",
            "stack",
            "info",
            "ls",
            "query",
        ],
        here: "there is no state: `moved:` in the file renames, `ccprov list` tells what lives, `ccprov list --stack NAME` the objects of \
               a stack, `ccprov show` one of them",
    },
    Habit {
        words: &["refresh"],
        here: "every plan looks at AWS itself, so there is nothing to refresh",
    },
    Habit {
        words: &["workspace", "env"],
        here: "a stack file for each environment, which `extends` a common one",
    },
    Habit {
        words: &["deploy", "up", "create", "update", "create-stack", "update-stack", "run"],
        here: "`ccprov apply`",
    },
    Habit {
        words: &["delete", "down", "remove", "rm", "delete-stack", "teardown"],
        here: "`ccprov destroy`",
    },
    Habit {
        words: &["diff", "preview", "create-change-set", "what-if", "changeset"],
        here: "`ccprov plan`",
    },
    Habit {
        words: &["execute-change-set"],
        here: "`ccprov plan --out FILE`, then `ccprov apply --plan FILE`",
    },
    Habit {
        words: &["config", "param"],
        here: "variables stand under `vars` of the stack file; `--var NAME=VALUE` sets one",
    },
    Habit {
        words: &["cancel", "continue-update-rollback", "rollback", "cancel-update-stack"],
        here: "nothing is rolled back: Ctrl-C stops a run in order, and the next `ccprov apply` goes on",
    },
    Habit {
        words: &["package", "build", "publish", "logs", "watch"],
        here: "no code is built here: `ccprov verify` sends messages through what was made, `ccprov \
               invoke` calls a function",
    },
    Habit { words: &["force-unlock"], here: "`ccprov unlock`" },
    Habit { words: &["outputs"], here: "`ccprov output`" },
    Habit {
        words: &["taint", "untaint", "replace"],
        here: "`ccprov plan --replace ADDRESS`, then `ccprov apply --replace ADDRESS`",
    },
    Habit {
        words: &["graph"],
        here: "nothing draws the order: `ccprov plan` lists it, `ccprov verify` tells the delivery paths",
    },
    Habit {
        words: &["console", "synth", "template"],
        here: "`ccprov eval` tells what one expression comes to, `ccprov render` all of the stack",
    },
    Habit {
        words: &["run-all", "deploy-all", "destroy-all", "stackset", "stack-set"],
        here: "a command takes several stack files, and keeps the order of `uses:`: `ccprov apply \
               stacks/*.yaml`",
    },
    Habit {
        words: &["move", "mv", "rename"],
        here: "`moved: { OLD: NEW }` at the top of the stack file, or `was: NAME` for the stack itself; then \
               `ccprov plan`",
    },
    Habit {
        words: &["providers", "modules", "login", "logout", "get-plugins"],
        here: "there is nothing to install and no service to log in to: the binary is all, and \
               credentials are those of the AWS CLI",
    },
    Habit {
        words: &["drift", "status"],
        here: "`ccprov plan --detailed-exitcode`, `ccprov verify`",
    },
];

const OPTIONS: &[Habit] = &[
    Habit {
        words: &["-target", "--target"],
        here: "`--only ADDRESS`, of `ccprov plan`, `ccprov apply` and `ccprov destroy`: it takes \
               along what is needed",
    },
    Habit {
        words: &["-replace"],
        here: "`--replace ADDRESS`, of `ccprov plan` and `ccprov apply`",
    },
    Habit { words: &["-var"], here: "`--var NAME=VALUE`" },
    Habit {
        words: &["-var-file"],
        here: "`--var-file FILE`; `vars/NAME.yaml` is read beside NAME.yaml",
    },
    Habit {
        words: &["-auto-approve", "-force", "--force", "--yes"],
        here: "`--auto-approve`, or -y",
    },
    Habit { words: &["-out"], here: "`--out FILE`" },
    Habit { words: &["-json", "--format", "--output"], here: "`--json`" },
    Habit { words: &["-no-color"], here: "`--no-color`" },
    Habit {
        words: &["-exclude", "--exclude"],
        here: "name what the plan is to be about: `--only ADDRESS`, as often as need be",
    },
    Habit { words: &["-destroy"], here: "`ccprov plan --destroy`, `ccprov destroy`" },
    Habit { words: &["-detailed-exitcode"], here: "`--detailed-exitcode`" },
    Habit {
        words: &["-refresh-only", "--refresh-only", "-refresh"],
        here: "`ccprov plan`: it changes nothing",
    },
    Habit {
        words: &["--all", "--stacks", "--include-dir", "--recursive"],
        here: "name several stack files: `ccprov apply stacks/*.yaml`",
    },
    Habit {
        words: &["--role-arn", "--assume-role", "--execution-role-arn", "--iam-role"],
        here: "`role:` of the stack file, or `--profile NAME`",
    },
    Habit {
        words: &["--import-outputs", "--remote-state"],
        here: "`uses: { NAME: ./FILE.yaml }` in the stack file, and `${NAME.OUTPUT}`",
    },
    Habit { words: &["-lock-timeout"], here: "`--lock-timeout TIME`" },
    Habit {
        words: &[
            "-input",
            "--no-execute-changeset",
            "--require-approval",
            "--no-confirm-changeset",
        ],
        here: "`ccprov apply` asks on a terminal alone; `-y` answers beforehand",
    },
    Habit {
        words: &["-lock", "--lock"],
        here: "a stack is locked if its file has a `lock:`, and then always",
    },
    Habit {
        words: &["-chdir", "--chdir", "--cwd", "-C"],
        here: "name the stack file: `ccprov plan FILE`",
    },
    Habit {
        words: &[
            "-state",
            "-backend-config",
            "-backend",
            "-reconfigure",
            "-migrate-state",
            "-upgrade",
        ],
        here: "nothing: there is no state, and no backend",
    },
    Habit { words: &["-compact-warnings", "-concise"], here: "`-q` says less" },
    Habit {
        words: &["-generate-config-out"],
        here: "`ccprov show` writes an object as a resource with `lifecycle: { adopt: true }`, by its ARN",
    },
    Habit {
        words: &["--template-file", "--template-body", "--stack-name", "--template"],
        here: "name the stack file: `ccprov apply FILE`",
    },
    Habit {
        words: &["--parameter-overrides", "--parameters", "--context", "--param"],
        here: "`--var NAME=VALUE`",
    },
    Habit {
        words: &["--capabilities", "--hotswap", "--no-rollback"],
        here: "nothing: leave it out",
    },
    Habit {
        words: &["--stage", "--environment", "--workspace"],
        here: "a stack file for each environment, which `extends` a common one",
    },
    Habit {
        words: &["-parallelism", "--parallelism"],
        here: "nothing: what can be done at once is, at the rate that AWS admits",
    },
];

/// What to do here, if a command line that was not understood speaks as another
/// tool's does.
pub(super) fn advice(error: ErrorKind, command_line: &[OsString]) -> Option<String> {
    let words = || command_line.iter().skip(1).filter_map(|word| word.to_str());
    let names = || words().filter(|word| !word.starts_with('-'));
    let has = |option: &str| {
        words().any(|word| word.split('=').next().is_some_and(|name| name == option))
    };
    if error == ErrorKind::ArgumentConflict && has("--plan") && (has("--only") || has("--replace"))
    {
        let tip = "a plan file says itself what it is about, and what it makes anew: `ccprov plan \
                   --only ADDRESS --replace ADDRESS --out FILE`";
        return Some(format!("  tip: {tip}"));
    }
    let (habits, word) = match error {
        ErrorKind::InvalidSubcommand => (COMMANDS, names().next()?),
        ErrorKind::UnknownArgument => {
            let name = |word: &'_ str| word.split('=').next().unwrap_or_default().to_owned();
            let is_known = |word: &&str| {
                OPTIONS.iter().any(|habit| habit.words.contains(&name(word).as_str()))
            };
            (OPTIONS, words().find(is_known)?)
        }
        _ => return None,
    };
    let name = word.split('=').next().unwrap_or_default();
    let habit = habits.iter().find(|habit| habit.words.contains(&name))?;
    Some(format!("  tip: `{name}` is a word of other tools; here: {}", habit.here))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn told(line: &str) -> Option<String> {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let error = crate::cli::Arguments::try_parse_from(&words).unwrap_err();
        advice(error.kind(), &words)
    }

    #[test]
    fn words_of_other_tools_lead_somewhere() {
        let check = |line: &str, leads_to: Option<&str>| match (told(line), leads_to) {
            (Some(told), Some(words)) => assert!(told.contains(words), "{line}: {told}"),
            (told, words) => assert_eq!(told.as_deref(), words, "{line}"),
        };
        check("ccprov init", Some("nothing to set up"));
        check("ccprov import queue arn", Some("adopt"));
        check("ccprov apply -target=queue", Some("--only ADDRESS"));
        check("ccprov apply --plan p.json --only=queue", Some("`ccprov plan --only"));
        check("ccprov apply --plan p.json --var a=b", None);
        check("ccprov apply -auto-approve", Some("-y"));
        check("ccprov plan -var a=b", Some("--var NAME=VALUE"));
        check("ccprov validate --format json orders.yaml", Some("`--json`"));
        check("ccprov output --nam url orders.yaml", None);
        check("ccprov run-all apply", Some("several stack files"));
        check("ccprov state mv a b", Some("`moved:`"));
        check("ccprov apply --role-arn=arn", Some("`role:`"));
        check("ccprov apply -exclude=queue", Some("`--only ADDRESS`"));
        check("ccprov apply -replace=queue", Some("`--replace ADDRESS`"));
        check("ccprov pln", None);
        check("ccprov plan --targt", None);
    }

    #[test]
    fn every_word_is_answered_where_it_is_typed() {
        let answered = |line: &str, habit: &Habit| {
            let told = told(line).unwrap_or_default();
            assert!(told.contains(habit.here), "{line}: {told}");
        };
        for habit in COMMANDS {
            habit.words.iter().for_each(|word| answered(&format!("ccprov {word}"), habit));
        }
        for habit in OPTIONS {
            for word in habit.words {
                answered(&format!("ccprov apply {word}=x"), habit);
                answered(&format!("ccprov apply {word} x"), habit);
            }
        }
    }

    /// Whoever follows an advice must not be told that there is no such thing.
    #[test]
    fn every_command_of_an_advice_is_one() {
        use clap::CommandFactory as _;
        let here = COMMANDS.iter().chain(OPTIONS).map(|habit| habit.here);
        let theirs = crate::spec::words_of_others().map(|(_, _, said)| said);
        for said in here.chain(theirs) {
            for line in said.split('`').skip(1).step_by(2).filter(|it| it.starts_with("ccprov ")) {
                let name = line.split(' ').nth(1).unwrap_or_default();
                let command = crate::cli::Arguments::command();
                let command = command.find_subcommand(name).unwrap_or_else(|| panic!("{said}"));
                for option in line.split(' ').filter_map(|word| word.strip_prefix("--")) {
                    let mut known = command.get_arguments().filter_map(clap::Arg::get_long);
                    let global = crate::cli::Arguments::command();
                    let is_known = known.any(|long| long == option)
                        || global.get_arguments().any(|it| it.get_long() == Some(option));
                    assert!(is_known, "{said}: there is no --{option}");
                }
            }
        }
    }

    /// A word that this tool understands needs no advice.
    #[test]
    fn no_advice_is_about_our_own_words() {
        use clap::CommandFactory as _;
        let command = crate::cli::Arguments::command();
        let ours: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        for word in COMMANDS.iter().flat_map(|habit| habit.words) {
            assert!(!ours.contains(word), "{word}");
        }
    }
}
