//! Reports over a year of 300 calls a day, from SQLite: counts, arrivals of the last month and by
//! hour of the week, rows, tables.
#![allow(missing_docs, reason = "criterion makes functions without docs")]
#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use dispatch::LineId;
use records::{ClosedPeriod, Date, QuarterHour};
use store::sql::Database;

const CALLS_A_DAY: u64 = 300;
/// 2026-10-01T00:00:00Z in quarter-hours, and those of 31 days.
const OCTOBER: (u64, u64) = (1_790_812_800 / 900, 31 * 96);

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
    runtime.block_on(async {
        let closed = store.closed(year()).await.unwrap();
        let is_piece = |closed: &&ClosedPeriod| matches!(closed, ClosedPeriod::Piece { .. });
        let pieces = closed.iter().filter(is_piece).count();
        assert!(pieces > 200, "a line of this size is told by day: {pieces}");
        let hours = store.arrived_hours(year()).await.unwrap();
        assert_eq!(hours.len(), 11, "all months but the last are summed");
        assert!(
            hours
                .iter()
                .any(|month| month.hours.0.iter().any(Option::is_some))
        );
    });
    let mut group = criterion.benchmark_group("a year at 300 calls a day");
    group.sample_size(20);
    group.bench_function("counts", |bench| {
        bench.iter(|| runtime.block_on(store.closed(year())).unwrap().len());
    });
    group.bench_function("counts as csv", |bench| {
        bench.iter(|| records::report(&runtime.block_on(store.closed(year())).unwrap()).len());
    });
    group.bench_function("arrivals of a month", |bench| {
        let quarters = QuarterHour(OCTOBER.0)..QuarterHour(OCTOBER.0 + OCTOBER.1);
        bench.iter(|| {
            runtime
                .block_on(store.arrived(quarters.clone()))
                .unwrap()
                .len()
        });
    });
    group.bench_function("hours of the week", |bench| {
        bench.iter(|| runtime.block_on(store.arrived_hours(year())).unwrap().len());
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
