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
        words: &["init", "bootstrap"],
        here: "there is nothing to set up: no state, no plugins; begin with `ccprov validate`",
    },
    Habit {
        words: &["fmt", "format"],
        here: "a stack file is YAML: whatever formats YAML formats it",
    },
    Habit { words: &["lint", "check", "test"], here: "`ccprov validate`, then `ccprov verify`" },
    Habit {
        words: &["import"],
        here: "declare the object by its name with `lifecycle: { adopt: true }`, then `ccprov plan`",
    },
    Habit {
        words: &["state", "show", "stacks", "get", "describe"],
        here: "there is no state: `ccprov list` tells what lives, `ccprov list --stack NAME` the objects of \
               a stack, `ccprov plan --all` how each stands",
    },
    Habit {
        words: &["refresh"],
        here: "every plan looks at AWS itself, so there is nothing to refresh",
    },
    Habit {
        words: &["workspace", "env"],
        here: "a stack file for each environment, which `extends` a common one",
    },
    Habit { words: &["deploy", "up", "create"], here: "`ccprov apply`" },
    Habit { words: &["delete", "down", "remove", "rm"], here: "`ccprov destroy`" },
    Habit { words: &["diff", "preview"], here: "`ccprov plan`" },
    Habit { words: &["force-unlock"], here: "`ccprov unlock`" },
    Habit { words: &["outputs"], here: "`ccprov output`" },
    Habit {
        words: &["taint", "untaint", "replace"],
        here: "an object is made anew if a field asks for it: give it another name, or delete it by \
               hand and apply",
    },
    Habit {
        words: &["graph"],
        here: "nothing draws the order: `ccprov plan` lists it, `ccprov verify` tells the delivery paths",
    },
    Habit {
        words: &["console", "eval", "render", "synth", "template"],
        here: "there are no functions to try: `ccprov validate` checks references, `ccprov plan` shows \
               what they come to",
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
        words: &["-target", "--target", "-replace", "--replace"],
        here: "a plan is always of the whole stack: what it lists is what an apply does",
    },
    Habit { words: &["-var"], here: "`--var NAME=VALUE`" },
    Habit {
        words: &["-var-file", "--var-file"],
        here: "a stack file that `extends` this one and states other `vars`",
    },
    Habit {
        words: &["-auto-approve", "-force", "--force", "--yes"],
        here: "`--auto-approve`, or -y",
    },
    Habit { words: &["-out"], here: "`--out FILE`" },
    Habit { words: &["-json", "--format", "--output"], here: "`--json`" },
    Habit { words: &["-no-color"], here: "`--no-color`" },
    Habit { words: &["-exclude", "--exclude"], here: "a plan is always of the whole stack" },
    Habit { words: &["-destroy"], here: "`ccprov plan --destroy`, `ccprov destroy`" },
    Habit { words: &["-detailed-exitcode"], here: "`--detailed-exitcode`" },
    Habit {
        words: &["-refresh-only", "--refresh-only", "-refresh"],
        here: "`ccprov plan`: it changes nothing",
    },
    Habit { words: &["-lock-timeout"], here: "`--lock-timeout TIME`" },
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
    // `terraform output NAME`.
    let has_names_alone = error == ErrorKind::UnknownArgument && words().eq(names());
    if has_names_alone && let (Some("output"), Some(name)) = (names().next(), names().nth(2)) {
        return Some(format!("  tip: one output alone: `--name {name}`"));
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
        check("ccprov apply -target=queue", Some("whole stack"));
        check("ccprov apply -auto-approve", Some("-y"));
        check("ccprov plan -var a=b", Some("--var NAME=VALUE"));
        check("ccprov output orders.yaml url", Some("`--name url`"));
        check("ccprov validate --format json orders.yaml", Some("`--json`"));
        check("ccprov output --nam url orders.yaml", None);
        check("ccprov pln", None);
        check("ccprov plan --targt", None);
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
