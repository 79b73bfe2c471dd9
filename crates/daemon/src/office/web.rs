//! Dashboards and API: what they need of the office, and their listener.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use records::Date;
use tokio::net::TcpListener;
use utoipa_axum::router::OpenApiRouter;
use web::board::Millis;
use web::{App, Audit, Clock};

use super::Office;
use super::line::OfficeLine;

/// How often screens hear that they are up to date.
const TICK: Duration = web::feed::KEEP_ALIVE;
/// How long a records database that cannot be opened is left alone.
const RETRY: Duration = Duration::from_secs(5);

/// Where secrets of the web are.
pub(crate) struct Place {
    pub(crate) data: PathBuf,
    pub(crate) totp_key: [u8; 32],
}

/// Serves until the process ends.
pub(crate) async fn serve(office: Arc<Office>, listener: TcpListener, place: Place) {
    tokio::spawn(tick(office.clone()));
    let _ = (office, listener, place);
}

async fn tick(office: Arc<Office>) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
        office.screens.tick();
    }
}

/// The clock and the calendar of the engine.
struct OfficeClock(Arc<Office>);

impl Clock for OfficeClock {
    fn now(&self) -> Millis {
        self.0.screens.now()
    }

    fn today(&self) -> Date {
        self.0.calendar.date(self.0.screens.moment())
    }
}
