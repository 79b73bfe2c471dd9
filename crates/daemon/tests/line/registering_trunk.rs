//! A trunk that wants us to register, behind a proxy that asks for a password.

use crate::peers::linka::Site;
use crate::peers::sipp::{Scenario, TRUNK_HOST};
use crate::{SOON, answered, caller, counted, phone, ready_sipp};
use std::os::unix::fs::OpenOptionsExt;

const TRUNK: &str = "[[trunk]]\nname = \"loopback\"\ntarget = \"127.0.0.2:PORT\"\noutgoing_number = \"+420000000001\"\n\
    options_interval_seconds = 0\n\n[trunk.register]\nuser = \"linka\"\npassword_file = \"trunk-carrier\"\n";

fn give_password(site: &Site, password: &str) {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600);
    let mut file = file.open(site.keys().join("trunk-carrier")).unwrap();
    file.write_all(password.as_bytes()).unwrap();
}

#[test]
fn it_registers_behind_407_and_calls_come_in_from_its_address() {
    let site = Site::new();
    site.operator("jana", "");
    let port = site.trunk().port();
    site.write("trunks.toml", &TRUNK.replace("PORT", &port.to_string()));
    give_password(&site, "carrier-secret");
    let registrar = Scenario::waiting("registrar-proxy").at(TRUNK_HOST, port);
    let registrar = registrar.calls(1).start(site.ports());

    let linka = site.start();
    registrar.wait_for("registered", SOON);
    linka.wait_for("the trunk is registered", SOON, |status| {
        (status["trunks"][0]["registration"] == "registered").then_some(())
    });
    assert!(registrar.proxy_credentials_are_right("linka", "carrier-secret", "REGISTER"));
    let mut registrar = registrar;
    registrar.succeeds(1, SOON);

    let answers = phone(&site, "jana", "answers");
    let _jana = ready_sipp(&site, &linka, "jana", answers);
    let mut call = caller(&site).at(TRUNK_HOST, port).start(site.ports());
    call.succeeds(1, SOON);
    counted(&linka, answered(1));
}
