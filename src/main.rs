//! The `muster` command: parses the command line, composes the gateway and hands over.

fn main() {}
