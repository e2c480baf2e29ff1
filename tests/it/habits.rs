//! What `docs/COMING_FROM_TERRAFORM.md` shows of habits: every transcript is what the binary
//! says, on an emulator where it calls anybody. `make docs` writes them anew.

use std::fs;

use crate::support::binary::Transcript;
use crate::support::emulator::{self, root};
use crate::support::{aws, page};
use crate::transcripts::Desk;

const PAGE: &str = "docs/COMING_FROM_TERRAFORM.md";
const HABITS: &str = "## What is missed at first";

/// A file that a section of the page shows: the block of YAML that begins with its name.
fn shown_file(heading: &str, name: &str) -> String {
    let page = fs::read_to_string(root().join(PAGE)).expect("a page");
    let (_, section) = page.split_once(heading).expect("its section");
    let (_, block) = section.split_once(&format!("```yaml\n# {name}\n")).expect("its file");
    block.split("```").next().expect("its end").to_owned()
}

fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), "");
    fs::remove_file(desk.path("stack.yaml")).expect("a file of our own");
    show_files(&desk, HABITS, &["orders.yaml"]);
    desk
}

/// Lays files of the page on a desk.
fn show_files(desk: &Desk, heading: &str, names: &[&str]) {
    for name in names {
        desk.write(name, &format!("# {name}\n{}", shown_file(heading, name)));
    }
}

/// Puts a session in its place on the page, with the account that pages have.
fn check(name: &str, desk: &Desk, session: &[Transcript]) {
    let told: Vec<String> = session.iter().map(told).collect();
    let text = told.join("\n").replace("[ACCOUNT]", "123456789012");
    // On pages everybody is in AWS itself.
    let endpoint = &desk.account.endpoint;
    let text = text.replace(&format!(", at {endpoint}"), "");
    let text = text.replace(endpoint, "https://sqs.us-east-1.amazonaws.com");
    let text = with_one_id(&text);
    page::check_part(PAGE, &format!("transcript {name}"), &format!("```text\n{text}```"));
}

/// With the same id wherever AWS chose one.
fn with_one_id(text: &str) -> String {
    const ID: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";
    let is_id = |word: &str| {
        word.len() == ID.len()
            && word.chars().zip(ID.chars()).all(|(one, other)| {
                one == other && one == '-' || one.is_ascii_hexdigit() && other != '-'
            })
    };
    let lines = text.lines().map(|line| match line.rsplit_once(':') {
        Some((before, last)) if is_id(last) => format!("{before}:{ID}\n"),
        Some(_) | None => format!("{line}\n"),
    });
    lines.collect()
}

/// As on a terminal: one stream, and the code where it says something.
fn told(Transcript { command, stdout, stderr, code }: &Transcript) -> String {
    let command = match command.split_once("${") {
        Some(_) => quoted(command),
        None => command.clone(),
    };
    let code = code.filter(|code| *code != 0).map(|code| format!("[exit {code}]\n"));
    format!("$ {command}\n{stdout}{stderr}{}", code.unwrap_or_default())
}

/// What a shell would take for its own stands in quotes.
fn quoted(command: &str) -> String {
    let (before, expression) = command.split_once("eval ").expect("an expression");
    let (expression, file) = expression.rsplit_once(' ').expect("a file");
    format!("{before}eval '{expression}' {file}")
}

/// The queue that no stack file made.
async fn make_by_hand(desk: &Desk) {
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let call = sqs.create_queue().queue_name("legacy-inbox");
    let call = call.attributes(aws_sdk_sqs::types::QueueAttributeName::DelaySeconds, "30");
    call.tags("team", "billing").send().await.expect("a queue made by hand");
}

#[tokio::test]
async fn the_page_shows_how_something_is_adopted() {
    let desk = desk();
    make_by_hand(&desk).await;
    let arn = format!("arn:aws:sqs:us-east-1:{}:legacy-inbox", desk.account.id);
    let shown = desk.must(&format!("show {arn}"), 0);
    desk.write("legacy.yaml", &format!("stack: legacy\nregion: us-east-1\n{}", shown.stdout));
    let planned = desk.must("plan legacy.yaml", 0);
    assert!(planned.stdout.contains("Plan: 0 to add, 1 to change, 0 to destroy"), "{planned}");
    check("import", &desk, &[shown, planned]);
}

#[test]
fn the_page_shows_outputs() {
    let desk = desk();
    desk.must("apply -y orders.yaml", 0);
    check(
        "outputs",
        &desk,
        &[
            desk.must("output orders.yaml", 0),
            desk.must("output --name topic --format raw orders.yaml", 0),
        ],
    );
}

#[test]
fn the_page_shows_what_is_worked_out() {
    let desk = desk().without("AWS_ENDPOINT_URL");
    check(
        "render and eval",
        &desk,
        &[
            desk.must("render orders.yaml", 0),
            desk.must("eval ${inbox.billing.url} orders.yaml", 0),
        ],
    );
}

#[test]
fn the_page_shows_what_lives() {
    let desk = desk();
    desk.must("apply -y orders.yaml", 0);
    check(
        "list and show",
        &desk,
        &[
            desk.must("list", 0),
            desk.must("list --stack orders-dev", 0),
            desk.must("show inbox.billing orders.yaml", 0),
            desk.must("show inbox orders.yaml", 1),
        ],
    );
}

#[test]
fn the_page_shows_functions() {
    let desk = desk().without("AWS_ENDPOINT_URL");
    let eval = |expression: &str| {
        let done = desk.run_exactly(&["eval", expression, "orders.yaml"]);
        assert_eq!(done.code, Some(0), "{done}");
        done
    };
    check(
        "functions",
        &desk,
        &[
            eval("{ join: \"${inbox.*.name}\", with: \", \" }"),
            eval("{ to_json: { teams: \"${var.teams}\" } }"),
            eval("{ when: \"${var.delay}\", value: late, else: \"${account} at once\" }"),
        ],
    );
}

#[test]
fn the_page_shows_plans_and_files() {
    let desk = desk();
    desk.must("apply -y -q orders.yaml", 0);
    let planned = desk.must(
        "plan --destroy --out gone.json --markdown gone.md --gitlab gitlab.json orders.yaml",
        0,
    );
    let markdown = fs::read_to_string(desk.path("gone.md")).expect("it was written");
    let mark = format!("<!-- ccprov:plan:orders-dev:{}:us-east-1 -->\n", desk.account.id);
    assert!(markdown.starts_with(&mark), "{markdown}");
    let report = fs::read_to_string(desk.path("gitlab.json")).expect("it was written");
    assert_eq!(report, "{\n  \"create\": 0,\n  \"update\": 0,\n  \"delete\": 5\n}\n");
    desk.write("untidy.yaml", "stack:  untidy   # of mine\nresources:\n    q: {kind: sqs_queue}\n");
    let checked = desk.must("fmt --check untidy.yaml", 4);
    let done = desk.must("fmt untidy.yaml", 0);
    let text = fs::read_to_string(desk.path("untidy.yaml")).expect("a file of our own");
    assert_eq!(text, "stack: untidy # of mine\nresources:\n  q: { kind: sqs_queue }\n");
    let again = desk.must("fmt --check untidy.yaml", 0);
    check("plans and files", &desk, &[planned, checked, done, again]);
}

#[test]
fn the_page_shows_what_one_stack_uses_of_another() {
    let desk = desk();
    show_files(&desk, HABITS, &["audit.yaml"]);
    let before = desk.must("plan audit.yaml", 5);
    desk.must("apply -y -q orders.yaml", 0);
    check("uses", &desk, &[before, desk.must("plan audit.yaml", 0)]);
    desk.must("apply -y -q audit.yaml", 0);
    desk.must("plan --detailed-exitcode audit.yaml", 0);
}

#[tokio::test]
async fn the_page_shows_what_is_looked_up() {
    let desk = desk();
    show_files(&desk, HABITS, &["watch.yaml"]);
    make_by_hand(&desk).await;
    check(
        "existing",
        &desk,
        &[desk.must("plan watch.yaml", 0), desk.must("plan --var inbox=legacy-inbx watch.yaml", 1)],
    );
}

#[test]
fn the_page_shows_a_part_of_a_stack() {
    let desk = desk();
    check("only", &desk, &[desk.must("plan --only delivery.billing orders.yaml", 0)]);
}

#[test]
fn the_page_shows_what_was_renamed() {
    let desk = desk();
    show_files(&desk, HABITS, &["mail.yaml", "post.yaml"]);
    desk.must("apply -y -q mail.yaml", 0);
    let with_moved = fs::read_to_string(desk.path("post.yaml")).expect("a file of our own");
    let lines = with_moved.lines().filter(|line| !line.starts_with("moved:"));
    desk.write("unsaid.yaml", &lines.flat_map(|line| [line, "\n"]).collect::<String>());
    check(
        "moved and was",
        &desk,
        &[desk.must("plan post.yaml", 0), desk.must("plan unsaid.yaml", 0)],
    );
    desk.must("apply -y -q post.yaml", 0);
    desk.must("plan --detailed-exitcode post.yaml", 0);
}

#[test]
fn the_page_shows_several_stacks() {
    let desk = desk();
    show_files(&desk, HABITS, &["audit.yaml"]);
    desk.must("apply -y -q orders.yaml", 0);
    let session = [
        desk.must("apply -y -q audit.yaml orders.yaml", 0),
        desk.must("destroy -y -q orders.yaml audit.yaml", 0),
    ];
    check("several stacks", &desk, &session);
}

#[test]
fn the_page_shows_what_is_made_anew() {
    let desk = desk();
    desk.must("apply -y -q orders.yaml", 0);
    check("replace", &desk, &[desk.must("plan --replace inbox.billing orders.yaml", 0)]);
}

/// What the page says of facilities, too, can be done.
#[test]
fn the_stacks_of_the_facilities_use_each_other() {
    let desk = desk();
    show_files(&desk, "### Outputs and other stacks", &["platform.yaml", "claims.yaml"]);
    for file in ["platform.yaml", "claims.yaml"] {
        desk.must(&format!("validate --rules {file}"), 0);
    }
    desk.must("apply -y -q platform.yaml claims.yaml", 0);
    desk.must("plan --detailed-exitcode claims.yaml", 0);
    let told = desk.must("output --name inbox --format raw claims.yaml", 0);
    assert!(told.stdout.ends_with(":claims-inbox\n"), "{told}");
}
