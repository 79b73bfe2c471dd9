use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::{OpenError, Postgres, SqlStore, Sqlite, Store};

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
    match database {
        Database::File(path) => Ok(Arc::new(SqlStore::over(Sqlite::open(path).await?))),
        Database::Postgres(address) => {
            let backend = Postgres::open(address).await?;
            Ok(Arc::new(SqlStore::over(backend)))
        }
    }
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
