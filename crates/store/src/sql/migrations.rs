use std::borrow::Cow;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use super::OpenError;

macro_rules! script {
    ($folder:literal, $name:literal) => {
        include_str!(concat!("../../migrations/", $folder, $name))
    };
}

/// The migrations of a folder; both folders have the same versions, and they mean the same.
macro_rules! migrations {
    ($folder:literal) => {
        [
            script!($folder, "/0001_counts.sql"),
            script!($folder, "/0002_audit.sql"),
            script!($folder, "/0003_accounts.sql"),
            script!($folder, "/0004_sessions.sql"),
            script!($folder, "/0005_devices.sql"),
            script!($folder, "/0006_api_keys.sql"),
            script!($folder, "/0007_contents.sql"),
            script!($folder, "/0008_provider.sql"),
            script!($folder, "/0009_shared.sql"),
            script!($folder, "/0010_acts.sql"),
            script!($folder, "/0011_small.sql"),
            script!($folder, "/0012_whole.sql"),
        ]
    };
}

const NAMES: [&str; 12] = [
    "counts", "audit", "accounts", "sessions", "devices", "api_keys", "contents", "provider",
    "shared", "acts", "small", "whole",
];
const SQLITE: [&str; NAMES.len()] = migrations!("sqlite");
const POSTGRES: [&str; NAMES.len()] = migrations!("postgres");

/// The newest version of the tables.
pub(super) const NEWEST: i64 = NAMES.len() as i64;

pub(super) fn sqlite() -> Migrator {
    migrator(SQLITE)
}

pub(super) fn postgres() -> Migrator {
    migrator(POSTGRES)
}

/// Says why the tables of a place could not be brought up to date.
pub(super) fn explain(place: String, error: MigrateError) -> OpenError {
    if let MigrateError::VersionMissing(found) = error {
        return OpenError::Newer {
            place,
            found,
            known: NEWEST,
        };
    }
    OpenError::Migration {
        place,
        cause: sqlx::Error::from(error).into(),
    }
}

fn migrator(scripts: [&'static str; NAMES.len()]) -> Migrator {
    let numbered = (1..).zip(NAMES.into_iter().zip(scripts));
    let migrations = numbered.map(|(version, (name, script))| {
        Migration::new(
            version,
            Cow::Borrowed(name),
            MigrationType::Simple,
            script.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files_of(folder: &str) -> Vec<String> {
        let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn every_file_of_both_folders_is_a_migration() {
        let numbered = (1..).zip(NAMES);
        let expected: Vec<String> = numbered
            .map(|(version, name)| format!("{version:04}_{name}.sql"))
            .collect();

        assert_eq!(files_of("sqlite"), expected);
        assert_eq!(files_of("postgres"), expected);
    }
}
