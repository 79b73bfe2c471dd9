//! Reports over a year of 300 calls a day, from SQLite: counts, arrivals of a month, rows, tables.
#![allow(missing_docs, reason = "criterion makes functions without docs")]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use dispatch::LineId;
use records::{Date, QuarterHour};
use store::sql::Database;

const CALLS_A_DAY: u64 = 300;
/// 2026-03-01T00:00:00Z in quarter-hours, and those of 31 days.
const MARCH: (u64, u64) = (1_772_323_200 / 900, 31 * 96);

fn reports(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = Database::File(folder.path().join("linka.db"));
    let store = runtime.block_on(async {
        let store = store::sql::open(&database).await.unwrap();
        let line = LineId::parse("help").unwrap();
        benches::year::fill(&*store, line, CALLS_A_DAY, jiff::civil::date(2026, 11, 1))
            .await
            .unwrap();
        store
    });
    let year = || Date::new(2025, 11, 1).unwrap()..=Date::new(2026, 10, 31).unwrap();
    let mut group = criterion.benchmark_group("a year at 300 calls a day");
    group.sample_size(20);
    group.bench_function("counts", |bench| {
        bench.iter(|| runtime.block_on(store.closed(year())).unwrap().len());
    });
    group.bench_function("counts as csv", |bench| {
        bench.iter(|| records::report(&runtime.block_on(store.closed(year())).unwrap()).len());
    });
    group.bench_function("arrivals of a month", |bench| {
        let quarters = QuarterHour(MARCH.0)..QuarterHour(MARCH.0 + MARCH.1);
        bench.iter(|| {
            runtime
                .block_on(store.arrived(quarters.clone()))
                .unwrap()
                .len()
        });
    });
    group.bench_function("rows", |bench| {
        bench.iter(|| runtime.block_on(store.rows(year())).unwrap().len());
    });
    group.bench_function("tables", |bench| {
        bench.iter(|| runtime.block_on(store.tables(year())).unwrap().len());
    });
    group.finish();
}

criterion_group!(benches, reports);
criterion_main!(benches);
