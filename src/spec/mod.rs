//! Paper: from a YAML file to a checked stack.
