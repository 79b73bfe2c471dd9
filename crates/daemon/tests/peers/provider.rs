//! A certified OpenID Connect provider (npm `oidc-provider`), by `dashboards/tests/provider.mjs`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::certificate::Certificate;
use super::linka::Site;

/// The secret of its one client.
const SECRET: &str = "the secret of the client";

/// A running provider; killed when dropped.
pub(crate) struct Provider {
    child: Child,
    /// What it says. It ends when nobody can hear it any more.
    _said: BufReader<ChildStdout>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
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
        let mut child = command
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let told = said.by_ref().lines().map(Result::unwrap).find_map(|line| {
            let told: Value = serde_json::from_str(&line).ok()?;
            told["issuer"].as_str().map(str::to_owned)
        });
        let issuer = told.expect("the provider tells where it is");
        let table = format!(
            "[web.oidc]\nissuer = \"{issuer}\"\nclient_id = \"linka\"\nname = \"Spolek\"\naddress = \"{address}\""
        );
        site.append("linka.toml", &table);
        std::fs::write(site.keys().join("oidc.secret"), format!("{SECRET}\n")).unwrap();
        Self { child, _said: said }
    }
}
