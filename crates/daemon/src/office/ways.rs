//! The ways by which people are told that something fails: a webhook and a command, neither of them the trunk.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, bail};
use jiff::Timestamp;
use tokio::process::Command;
use tokio::time::timeout;

use crate::configuration::Warnings;

/// Time that a webhook or command has.
const WAY_TIME: Duration = Duration::from_secs(20);

/// What goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    pub(crate) since: Timestamp,
}

/// A way by which people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Webhook,
    Command,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Webhook => "webhook",
            Self::Command => "command",
        })
    }
}

impl Message {
    /// What `linka warn test` sends.
    pub(crate) fn test(now: Timestamp) -> Self {
        Self {
            kind: "test",
            text: "this is a test: whoever reads it is told when something fails".to_owned(),
            since: now,
        }
    }

    /// The body of the webhook's POST.
    pub(crate) fn body(&self) -> String {
        let since = self.since.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        serde_json::json!({ "kind": self.kind, "text": self.text, "since": since }).to_string()
    }
}

/// Sends a message by every configured way, all at once, and says what became of it.
pub(crate) async fn send(ways: &Warnings, message: Message) -> Vec<(Way, anyhow::Result<()>)> {
    let command = run(&ways.command, message.clone());
    let (webhook, command) = tokio::join!(post(ways.webhook.clone(), message), command);
    let webhook = webhook.map(|sent| (Way::Webhook, sent));
    webhook
        .into_iter()
        .chain(command.map(|sent| (Way::Command, sent)))
        .collect()
}

/// Asks over HTTP, for so long and no longer.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(WAY_TIME))
        .build()
        .into()
}

async fn post(url: Option<String>, message: Message) -> Option<anyhow::Result<()>> {
    let url = url?;
    let sent = tokio::task::spawn_blocking(move || {
        let post = agent().post(&url).content_type("application/json");
        // The address is not repeated: it may hold a secret.
        post.send(message.body())
            .context("it did not take the message")?;
        Ok(())
    });
    Some(sent.await.unwrap_or_else(|error| Err(error.into())))
}

async fn run(command: &[String], message: Message) -> Option<anyhow::Result<()>> {
    let (program, arguments) = command.split_first()?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(&message.text)
        .env("LINKA_WARNING", message.kind)
        .kill_on_drop(true);
    Some(
        ended(&mut command)
            .await
            .with_context(|| format!("{program} did not take the message")),
    )
}

async fn ended(command: &mut Command) -> anyhow::Result<()> {
    let status = timeout(WAY_TIME, command.status())
        .await
        .with_context(|| format!("it had not ended after {} s", WAY_TIME.as_secs()))??;
    if !status.success() {
        bail!("it ended with {status}");
    }
    Ok(())
}
