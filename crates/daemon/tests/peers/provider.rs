//! A certified OpenID Connect provider (npm `oidc-provider`), by `dashboards/tests/provider.mjs`.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::certificate::Certificate;
use super::eventually;
use super::linka::Site;
use super::process::Process;

/// The secret of its one client.
const SECRET: &str = "the secret of the client";

/// Within it Node.js has started and made a key, on a machine with much else to do.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// A running provider; killed when dropped.
pub(crate) struct Provider {
    _process: Process,
    _log: TempDir,
}

impl Provider {
    /// Starts one in clear text, and has a site that is not started yet sign people in through it.
    pub(crate) fn of(site: &Site) -> Self {
        let address = format!("http://localhost:{}", site.web());
        Self::start(site, &address, None)
    }

    /// The same by HTTPS, both ways: the site is at this port.
    pub(crate) fn by_https(site: &Site, port: u16, certificate: &Certificate) -> Self {
        let address = format!("https://localhost:{port}");
        Self::start(site, &address, Some(certificate))
    }

    fn start(site: &Site, address: &str, certificate: Option<&Certificate>) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dashboards");
        let callback = format!("{address}/api/v1/session/provider/callback");
        let mut command = Command::new("node");
        command.args(["tests/provider.mjs", &callback]);
        if let Some(Certificate { chain, key }) = certificate {
            command.arg(chain).arg(key);
        }
        let log = tempfile::tempdir().unwrap();
        let process = Process::start(
            "provider",
            command.current_dir(folder),
            log.path().join("provider.log"),
        );
        let issuer = eventually("the provider tells where it is", STARTS_WITHIN, || {
            process.log().lines().find_map(|line| {
                let told: Value = serde_json::from_str(line).ok()?;
                told["issuer"].as_str().map(str::to_owned)
            })
        });
        let table = format!(
            "[web.oidc]\nissuer = \"{issuer}\"\nclient_id = \"linka\"\nname = \"Spolek\"\naddress = \"{address}\""
        );
        site.append("linka.toml", &table);
        std::fs::write(site.keys().join("oidc.secret"), format!("{SECRET}\n")).unwrap();
        Self {
            _process: process,
            _log: log,
        }
    }
}
