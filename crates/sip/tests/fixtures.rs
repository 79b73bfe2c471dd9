//! What becomes of each message of `sip-test-fixtures/`: the rows of its README, checked one by one.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use sip::{Message, ParseError};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../sip-test-fixtures")
}

fn outcome(result: &Result<Message, ParseError>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(error) => match error.answerable() {
            Some(_) => format!("{}, {}", error.status().code(), error.fault()),
            None => format!("dropped, {}", error.fault()),
        },
    }
}

/// The rows of the README: file, section, outcome.
fn rows() -> Vec<[String; 3]> {
    let readme = std::fs::read_to_string(fixtures().join("README.md")).unwrap();
    let cells = |line: &str| {
        let mut cells = line.split('|').skip(1).map(|cell| cell.trim().to_owned());
        Some([cells.next()?, cells.next()?, cells.next()?]).filter(|row| row[0].ends_with(".sip"))
    };
    readme.lines().filter_map(cells).collect()
}

#[test]
fn each_fixture_does_what_the_readme_says() {
    for [file, section, expected] in rows() {
        let bytes = Bytes::from(std::fs::read(fixtures().join(&file)).unwrap());
        assert_eq!(
            outcome(&Message::parse(bytes)),
            expected,
            "{file} {section}"
        );
    }
}

#[test]
fn each_fixture_has_one_row() {
    let mut files = BTreeSet::new();
    for folder in ["rfc4475", "rfc5118", "own"] {
        for entry in std::fs::read_dir(fixtures().join(folder)).unwrap() {
            files.insert(format!(
                "{folder}/{}",
                entry.unwrap().file_name().into_string().unwrap()
            ));
        }
    }
    let named: Vec<String> = rows().into_iter().map(|[file, ..]| file).collect();

    assert_eq!(
        named.len(),
        named.iter().collect::<BTreeSet<_>>().len(),
        "a file has two rows"
    );
    assert_eq!(files, named.into_iter().collect());
    assert!(files.len() > 100);
}
