//! The machine's routes, read again and again: addresses come and go while it runs, and peers are
//! told the one that they reach.

use std::sync::Arc;
use std::time::Duration;

use sip::LocalRoutes;

use super::Office;
use crate::routes::read;
use crate::signalling::FromOffice;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Looks until the process ends.
pub(super) async fn watch(office: Arc<Office>) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut told = LocalRoutes::default();
    loop {
        looks.tick().await;
        // However long the kernel's table is, it keeps no other task waiting.
        let trunks = office.places.trunks();
        let asked = tokio::task::spawn_blocking(move || read(&trunks));
        let Ok(routes) = asked.await else {
            continue;
        };
        if routes != told {
            told = routes.clone();
            if office.send(FromOffice::Routed(routes)).await.is_none() {
                return;
            }
        }
    }
}
