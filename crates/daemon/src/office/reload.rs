//! `linka reload`: a configuration is read again and holds whole, or not at all.

use std::sync::{Arc, PoisonError};

use exchange::Settings;
use exchange::settings::Network;
use media::Sounds;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{ANSWER_TIME, Office, Started, done, sentences};
use crate::configuration::{self, Configuration, Node};
use crate::signalling::FromOffice;

/// Why a configuration was not taken in.
pub(crate) enum NotReloaded {
    /// It was refused, and the old one stays.
    Refused(Vec<String>),
    /// It is not known what came of it.
    Unknown(String),
}

/// What is said when the exchange does not answer in time.
const NO_ANSWER: &str =
    "linka is busy or ending: `linka status` tells whether the configuration holds";

impl Office {
    /// Reads the configuration again. It holds whole, or not at all: an invalid one is refused, and
    /// so is one that distribution cannot take now.
    pub(crate) async fn reload(&self) -> Result<Vec<String>, NotReloaded> {
        let (config, keys) = (self.config.clone(), self.keys.clone());
        let loaded = tokio::task::spawn_blocking(move || {
            let configuration =
                configuration::load(&config, &keys).map_err(|problems| sentences(&problems))?;
            let sounds = crate::serve::load_sounds(&configuration.sounds)
                .map_err(|error| vec![format!("{error:#}")])?;
            Ok::<_, Vec<String>>((configuration, sounds))
        });
        let loaded = loaded.await;
        let loaded = loaded.map_err(|error| NotReloaded::Unknown(error.to_string()))?;
        let (configuration, sounds) = loaded.map_err(NotReloaded::Refused)?;
        let Configuration {
            node,
            mut settings,
            mut advice,
            not_ready,
            setup,
            ..
        } = configuration;
        advice.extend(self.started.needs_restart(&node));
        advice.extend(not_ready);
        let elsewhere_max = configuration::elsewhere_max(&settings.dispatch);
        settings.node = self
            .started
            .exchange(settings.node.clear_text, elsewhere_max);
        self.enter(settings.clone(), sounds).await?;
        self.places.know(&settings);
        self.screens.set_up(setup);
        *self.ways.lock().unwrap_or_else(PoisonError::into_inner) = node.warnings;
        self.ways_changed.notify_one();
        self.configured.notify_one();
        self.heartbeat.send_if_modified(|heartbeat| {
            let changed = *heartbeat != node.heartbeat;
            *heartbeat = node.heartbeat;
            changed
        });
        tracing::info!("the configuration was reloaded");
        Ok(advice)
    }

    /// Has the exchange take a configuration, and tells what came of it.
    async fn enter(&self, settings: Settings, sounds: Sounds) -> Result<(), NotReloaded> {
        let (answer, reply) = oneshot::channel();
        let message = FromOffice::Configure {
            settings: Box::new(settings),
            sounds: Arc::new(sounds),
            answer,
        };
        let entered = async {
            self.send(message).await?;
            reply.await.ok()
        };
        let reply = timeout(ANSWER_TIME, entered).await.ok().flatten();
        match done(reply) {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => {
                let reason = format!("{:#}", anyhow::Error::from(error));
                Err(NotReloaded::Refused(vec![reason]))
            }
            None => Err(NotReloaded::Unknown(NO_ANSWER.to_owned())),
        }
    }
}

impl Started {
    /// What the exchange is told of the node: what holds from the next start on stays as it was at this one.
    fn exchange(&self, clear_text: Vec<Network>, elsewhere_max: usize) -> exchange::settings::Node {
        exchange::settings::Node {
            listeners: self.listeners.clone(),
            ..self.node.exchange(clear_text, elsewhere_max)
        }
    }

    /// The changed keys that a reload cannot take in, each in a sentence.
    fn needs_restart(&self, node: &Node) -> Vec<String> {
        let (before, now) = (self.node.at_start(), node.at_start());
        let changed = before
            .into_iter()
            .zip(now)
            .filter(|(one, other)| one != other);
        let mut told: Vec<_> = changed
            .map(|((key, _), _)| {
                format!("linka.toml: {key} was changed: it holds from the next start on")
            })
            .collect();
        let secret = |node: &Node| node.oidc.as_ref().map(|oidc| oidc.secret.clone());
        if secret(&self.node) != secret(node) {
            told.push(
                "the provider's secret was changed: it holds from the next start on".to_owned(),
            );
        }
        told
    }
}
