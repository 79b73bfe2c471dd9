use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::small::join_told;
use super::{Backend, LateStore, OpenError, Postgres, Sqlite, Store};

/// The file of records, directory and audit in the data folder, unless they are in PostgreSQL.
pub const LINKA_DB: &str = "linka.db";

/// Where records, directory and audit are.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// In an SQLite file, made if there is none.
    File(PathBuf),
    /// In a PostgreSQL database, by its address: `postgres://user:password@host:5432/name`.
    Postgres(String),
}

// An address may hold a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Postgres(_) => f.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

/// Opens a database and brings its tables up to date.
///
/// # Errors
/// [`OpenError`], which says where and why.
pub async fn open(database: &Database) -> Result<Arc<dyn Store>, OpenError> {
    let late = LateStore::new();
    late.open(database).await?;
    Ok(late.store())
}

pub(super) async fn backend(database: &Database) -> Result<Box<dyn Backend>, OpenError> {
    let backend: Box<dyn Backend> = match database {
        Database::File(path) => Box::new(Sqlite::open(path).await?),
        Database::Postgres(address) => Box::new(Postgres::open(address).await?),
    };
    join_told(&*backend).await.map_err(OpenError::Join)?;
    Ok(backend)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_of_an_address_is_not_shown() {
        let database = Database::Postgres("postgres://linka:secret@db/linka".to_owned());

        let shown = format!("{database:?}");

        assert!(!shown.contains("secret"), "{shown}");
    }
}
