//! A database that fails once, in a step of the test's choice, and counts the rows that are touched.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use store::sql::{Backend, Fault, Row, Store, StoreError, Transaction, Value};

use crate::fixture::Fixture;

/// More than any operation has.
const STEPS_MAX: u64 = 100;

/// The steps until the failing one.
type Steps = Arc<AtomicU64>;

pub(crate) struct Failing {
    inner: Box<dyn Backend>,
    steps: Steps,
}

impl Failing {
    pub(crate) fn new(inner: Box<dyn Backend>, step: u64) -> Self {
        Self {
            inner,
            steps: Arc::new(AtomicU64::new(step)),
        }
    }
}

fn step(steps: &Steps) -> Result<(), Fault> {
    // After the failing step the number goes round and is never reached again.
    if steps.fetch_sub(1, Ordering::Relaxed) == 0 {
        return Err(Fault::Database(sqlx::Error::WorkerCrashed.into()));
    }
    Ok(())
}

#[async_trait]
impl Backend for Failing {
    async fn begin(&self) -> Result<Box<dyn Transaction>, Fault> {
        step(&self.steps)?;
        Ok(Box::new(Under {
            inner: self.inner.begin().await?,
            steps: Arc::clone(&self.steps),
        }))
    }

    async fn read(&self) -> Result<Box<dyn Transaction>, Fault> {
        step(&self.steps)?;
        Ok(Box::new(Under {
            inner: self.inner.read().await?,
            steps: Arc::clone(&self.steps),
        }))
    }

    async fn settle(&self) -> Result<(), Fault> {
        step(&self.steps)?;
        self.inner.settle().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

struct Under {
    inner: Box<dyn Transaction>,
    steps: Steps,
}

#[async_trait]
impl Transaction for Under {
    async fn execute(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Fault> {
        step(&self.steps)?;
        self.inner.execute(sql, values).await
    }

    async fn rows(&mut self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>, Fault> {
        step(&self.steps)?;
        self.inner.rows(sql, values).await
    }

    async fn commit(self: Box<Self>) -> Result<(), Fault> {
        step(&self.steps)?;
        let Self { inner, steps } = *self;
        inner.commit().await?;
        // The answer to a commit may be lost, too.
        step(&steps)
    }
}

/// Lets each step of an operation fail once: what these statements read is then as it was before,
/// or as it is when the operation succeeded. Repeated, the operation succeeds. Tells how many steps
/// it has.
pub(crate) async fn each_step_fails_once(
    fixture: &Fixture,
    statements: &[&'static str],
    operation: impl AsyncFn(&dyn Store) -> Result<(), StoreError>,
) -> u64 {
    let before = fixture.read(statements).await;
    let mut left = Vec::new();
    for number in 0..STEPS_MAX {
        let failing = fixture.failing(number).await;
        let outcome = operation(&failing).await;
        failing.close().await;
        left.push(fixture.read(statements).await);
        if outcome.is_ok() {
            let after = left.pop().unwrap();
            assert!(before != after, "the operation does nothing");
            for (number, state) in left.iter().enumerate() {
                let whole = *state == before || *state == after;
                assert!(whole, "step {number} left something half done");
            }
            return number;
        }
    }
    panic!("the operation does not succeed within {STEPS_MAX} steps")
}

/// An operation that was done already is done: the answer to an earlier attempt was lost.
pub(crate) fn unless_done(
    outcome: Result<(), StoreError>,
    done: fn(&Fault) -> bool,
) -> Result<(), StoreError> {
    match outcome {
        Err(error) if done(error.fault()) => Ok(()),
        other => other,
    }
}
