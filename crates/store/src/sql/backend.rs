use async_trait::async_trait;

use super::Fault;

/// A database: gives out transactions.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// Begins a transaction that may write. What was begun and is dropped without
    /// [`Transaction::commit`] leaves nothing behind.
    ///
    /// # Errors
    /// [`Fault::Database`] when there is no connection in time.
    async fn begin(&self) -> Result<Box<dyn Transaction>, Fault>;

    /// Begins a transaction that only reads; all its statements see the same moment.
    ///
    /// # Errors
    /// [`Fault::Database`] when there is no connection in time.
    async fn read(&self) -> Result<Box<dyn Transaction>, Fault>;

    /// Makes what was overwritten and deleted go away for good, as far as the database can.
    ///
    /// # Errors
    /// [`Fault::Lingers`] when another process that reads the file kept it from doing so.
    async fn settle(&self) -> Result<(), Fault>;

    /// Ends all connections, and waits until they have ended.
    async fn close(&self);
}

/// A transaction that is under way.
#[async_trait]
pub trait Transaction: Send {
    /// Carries out a statement and tells how many rows it touched.
    ///
    /// # Errors
    /// [`Fault::Database`]; [`Fault::Taken`] when a row with that key is there already,
    /// [`Fault::Unknown`] when a row it refers to is not.
    async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Fault>;

    /// Carries out a statement and gives the rows that it returns.
    ///
    /// # Errors
    /// As [`Transaction::execute`].
    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault>;

    /// Makes it last.
    ///
    /// # Errors
    /// [`Fault::Database`]; then nothing of it is left.
    async fn commit(self: Box<Self>) -> Result<(), Fault>;
}

/// A parameter of a statement.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// A whole number, or nothing.
    Integer(Option<i64>),
    /// Text, or nothing.
    Text(Option<&'a str>),
    /// Bytes, or nothing.
    Bytes(Option<&'a [u8]>),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Some(bytes))
    }
}

/// A value that was read.
#[derive(Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row that was read. Its cells are taken from the left.
pub struct Row(std::vec::IntoIter<Cell>);

impl Row {
    /// A row of these cells.
    #[must_use]
    pub fn new(cells: Vec<Cell>) -> Self {
        Self(cells.into_iter())
    }

    /// All cells that were not taken.
    #[must_use]
    pub fn into_cells(self) -> Vec<Cell> {
        self.0.collect()
    }

    /// The next cell, a whole number.
    ///
    /// # Errors
    /// [`Fault::Damaged`] when it is something else. So have the others.
    pub fn integer(&mut self) -> Result<i64, Fault> {
        self.optional_integer()?
            .ok_or(Fault::Damaged("a number is missing"))
    }

    /// The next cell, a whole number that is not negative.
    pub fn count(&mut self) -> Result<u64, Fault> {
        u64::try_from(self.integer()?).map_err(|_| Fault::Damaged("a count is negative"))
    }

    /// The next cell, a whole number or nothing.
    pub fn optional_integer(&mut self) -> Result<Option<i64>, Fault> {
        match self.0.next() {
            Some(Cell::Integer(number)) => Ok(Some(number)),
            Some(Cell::Null) => Ok(None),
            Some(Cell::Text(_) | Cell::Bytes(_)) | None => Err(Fault::Damaged("no number")),
        }
    }

    /// The next cell, a whole number that is not negative, or nothing.
    pub fn optional_count(&mut self) -> Result<Option<u64>, Fault> {
        let count =
            |number| u64::try_from(number).map_err(|_| Fault::Damaged("a count is negative"));
        self.optional_integer()?.map(count).transpose()
    }

    /// The next cell, text.
    pub fn text(&mut self) -> Result<String, Fault> {
        match self.0.next() {
            Some(Cell::Text(text)) => Ok(text),
            Some(Cell::Null | Cell::Integer(_) | Cell::Bytes(_)) | None => {
                Err(Fault::Damaged("no text"))
            }
        }
    }

    /// The next cell, bytes or nothing.
    pub fn optional_bytes(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        match self.0.next() {
            Some(Cell::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Cell::Null) => Ok(None),
            Some(Cell::Text(_) | Cell::Integer(_)) | None => Err(Fault::Damaged("no bytes")),
        }
    }

    /// The next cell, exactly so many bytes.
    pub fn digest<const BYTES: usize>(&mut self) -> Result<[u8; BYTES], Fault> {
        let bytes = self.optional_bytes()?.unwrap_or_default();
        <[u8; BYTES]>::try_from(bytes.as_slice()).map_err(|_| Fault::Damaged("a digest is short"))
    }
}

/// Reads a value of the driver's row; the types differ, what is done does not.
macro_rules! read_row {
    ($row:expr, $integer:pat, $text:pat, $bytes:pat) => {{
        let row = $row;
        let mut cells = Vec::with_capacity(row.len());
        for index in 0..row.len() {
            let raw = row.try_get_raw(index)?;
            let cell = if raw.is_null() {
                Cell::Null
            } else {
                match raw.type_info().name() {
                    $integer => Cell::Integer(row.try_get(index)?),
                    $text => Cell::Text(row.try_get(index)?),
                    $bytes => Cell::Bytes(row.try_get(index)?),
                    _ => return Err(Fault::Damaged("a column has a type that is not used here")),
                }
            };
            cells.push(cell);
        }
        Ok(Row::new(cells))
    }};
}

/// Makes a statement of the driver with these values.
macro_rules! bind {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query($sql);
        for value in $values {
            query = match *value {
                Value::Integer(number) => query.bind(number),
                Value::Text(text) => query.bind(text.map(str::to_owned)),
                Value::Bytes(bytes) => query.bind(bytes.map(<[u8]>::to_vec)),
            };
        }
        query
    }};
}

pub(super) use {bind, read_row};
