//! The end of the web's certificate: looked at again and again, told to people before it is there.

use std::sync::Arc;

use tokio::sync::mpsc;
use web::tls::{Certificate, LOOK_EVERY};

use super::Office;
use super::pages::unix_seconds;
use super::warn::Words;
use crate::expiry::{Nearness, Watch};

/// Looks until the process ends.
pub(super) async fn watch(
    office: Arc<Office>,
    certificate: Arc<Certificate>,
    to_herald: mpsc::Sender<Words>,
) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    let mut watch = Watch::new();
    loop {
        looks.tick().await;
        let (ends, now) = (certificate.ends(), unix_seconds());
        let near = (Nearness::of(ends, now) > Nearness::Far).then_some(ends);
        office.screens.certificate_ends(near);
        if let Some(words) = watch.look(ends, now)
            && to_herald.send(words).await.is_err()
        {
            return;
        }
    }
}
