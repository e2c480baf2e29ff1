//! The two languages in which states speak of data, and which fields are of one of them
//! alone (Developer Guide, "Transforming data with JSONata in Step Functions").

/// In which language a state speaks of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    JsonPath,
    Jsonata,
}

pub(super) const NAMES: [&str; 2] = ["JSONPath", "JSONata"];

impl Language {
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "JSONPath" => Some(Self::JsonPath),
            "JSONata" => Some(Self::Jsonata),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::JsonPath => "JSONPath",
            Self::Jsonata => "JSONata",
        }
    }
}

/// What a field of the other language is here.
pub(super) fn instead(field: &str) -> String {
    match field {
        "Parameters" => "write `Arguments:`; in a Pass, `Output:`".to_owned(),
        "ResultSelector" | "ResultPath" | "OutputPath" => {
            "write `Output:`, with `$states.result` and `$states.input` in it".to_owned()
        }
        "InputPath" => "take it out: expressions begin with `$states.input`".to_owned(),
        "Result" => "write `Output:`".to_owned(),
        "ItemsPath" => "write `Items: \"{% $states.input.… %}\"`".to_owned(),
        "Variable" => "write `Condition: \"{% … %}\"`".to_owned(),
        "Arguments" => "write `Parameters:`, or `QueryLanguage: JSONata`".to_owned(),
        "Items" => "write `ItemsPath: $.…`, or `QueryLanguage: JSONata`".to_owned(),
        "Condition" => "write `Variable:` and an operator, or `QueryLanguage: JSONata`".to_owned(),
        "Output" => {
            "write `ResultSelector:`, `ResultPath:` or `OutputPath:`, or `QueryLanguage: JSONata`"
                .to_owned()
        }
        path => match path.strip_suffix("Path") {
            Some(field) => format!("write `{field}: \"{{% … %}}\"`"),
            None => "take it out".to_owned(),
        },
    }
}
