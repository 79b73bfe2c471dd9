//! A trunk that wants us to register, behind a proxy that asks for a password.

use crate::peers::linka::Site;
use crate::peers::sipp::{Scenario, TRUNK_HOST};
use crate::{SOON, answered, caller, counted, phone, ready_sipp};
use std::os::unix::fs::OpenOptionsExt;

const TRUNK: &str = "[[trunk]]\nname = \"loopback\"\ntarget = \"TARGET\"\noutgoing_number = \"+420000000001\"\n\
    options_interval_seconds = 0\n\n[trunk.register]\nuser = \"linka\"\npassword_file = \"trunk-carrier\"\n";

const PASSWORD: &str = "carrier-secret";

fn give_password(site: &Site, password: &str) {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600);
    let mut file = file.open(site.keys().join("trunk-carrier")).unwrap();
    file.write_all(password.as_bytes()).unwrap();
}

/// Makes the only trunk one that registers at a target.
pub(crate) fn write(site: &Site, target: &str) {
    site.write("trunks.toml", &TRUNK.replace("TARGET", target));
    give_password(site, PASSWORD);
}

#[test]
fn it_registers_behind_407_and_calls_come_in_from_any_port_of_its_host() {
    let site = Site::new();
    site.operator("jana", "");
    let port = site.trunk().port();
    write(&site, &site.trunk().to_string());
    let registrar = Scenario::waiting("registrar-proxy").at(TRUNK_HOST, port);
    let registrar = registrar.calls(1).start(site.ports());

    let linka = site.start();
    registrar.wait_for("registered", SOON);
    linka.wait_for("the trunk is registered", SOON, |status| {
        (status["trunks"][0]["registration"] == "registered").then_some(())
    });
    assert!(registrar.proxy_credentials_are_right("linka", PASSWORD, "REGISTER"));
    let mut registrar = registrar;
    registrar.succeeds(1, SOON);

    let answers = phone(&site, "jana", "answers");
    let _jana = ready_sipp(&site, &linka, "jana", answers);
    let other = site.ports().take();
    let mut call = caller(&site).at(TRUNK_HOST, other).start(site.ports());
    call.succeeds(1, SOON);
    counted(&linka, answered(1));
}
