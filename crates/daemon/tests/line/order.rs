//! Callers are taken in the order in which they came, and one number takes one place.

use crate::peers::baresip::{Answering, Baresip};
use crate::peers::linka::{Linka, Site};
use crate::peers::sipp::{Scenario, Sipp};
use crate::{
    SOON, answered, caller_who_stays, counted, dial, quick_site, ready, registered, talks,
};

/// A caller from this number while the operator talks; tells who waits then, in the order in which
/// they will be offered.
fn comes(site: &Site, linka: &Linka<'_>, number: &str, waiting: usize) -> (Sipp, Vec<u64>) {
    waits(
        site,
        linka,
        caller_who_stays(site).with("from", number),
        waiting,
    )
}

fn waits(site: &Site, linka: &Linka<'_>, caller: Scenario, waiting: usize) -> (Sipp, Vec<u64>) {
    let caller = caller.start(site.ports());
    let order = linka.wait_for(&format!("{waiting} contacts wait"), SOON, |status| {
        let contacts = crate::contacts(status);
        let waits = contacts.iter().filter(|(_, state)| *state == "waiting");
        let order: Vec<u64> = waits.map(|(number, _)| *number).collect();
        (contacts.len() == waiting + 1 && order.len() == waiting).then_some(order)
    });
    (caller, order)
}

/// The operator hangs up on one caller after the other; tells who followed whom.
fn take_all(linka: &Linka<'_>, phone: &mut Baresip, calls: usize) -> Vec<u64> {
    let mut taken = Vec::new();
    while taken.len() < calls {
        let contact = linka.wait_for("the next one is talked with", SOON, |status| {
            let contacts = crate::contacts(status).into_iter();
            let mut talking = contacts.filter(|(_, state)| *state == "talking");
            let (contact, _) = talking.next()?;
            (taken.last() != Some(&contact)).then_some(contact)
        });
        taken.push(contact);
        phone.hang_up();
    }
    counted(linka, answered(calls as u64));
    taken
}

/// A site with one operator, who talks with a first caller.
fn busy_site() -> Site {
    let site = quick_site();
    site.operator("jana", "");
    site
}

#[test]
fn two_callers_of_one_operator_keep_their_order() {
    let site = busy_site();
    let linka = site.start();
    let mut phone = ready(&site, &linka, "jana", Answering::AtOnce);
    let _talking = comes(&site, &linka, "+420777000009", 0);
    let _first = comes(&site, &linka, "+420777000001", 1);
    let (_second, order) = comes(&site, &linka, "+420777000002", 2);

    let taken = take_all(&linka, &mut phone, 3);

    assert!(order.is_sorted());
    assert_eq!(taken[1..], order);
}

#[test]
fn the_second_call_of_one_number_waits_behind_another_caller_who_came_later() {
    let site = busy_site();
    let linka = site.start();
    let mut phone = ready(&site, &linka, "jana", Answering::AtOnce);
    let _talking = comes(&site, &linka, "+420777000009", 0);
    let (_first, order) = comes(&site, &linka, "+420777000001", 1);
    let first = order[0];
    let (_again, order) = comes(&site, &linka, "+420777000001", 2);
    let again = order[1];
    let (_other, order) = comes(&site, &linka, "+420777000002", 3);
    let other = order[1];
    assert_eq!(order, [first, other, again]);
    assert!(first < again && again < other);

    let taken = take_all(&linka, &mut phone, 4);

    // Once the first call is over, the second is the first of its number and takes the place of its own arrival.
    assert_eq!(taken[1..], [first, again, other]);
}

#[test]
fn a_number_that_only_a_tel_uri_tells_takes_one_place() {
    let site = busy_site();
    let linka = site.start();
    let _phone = ready(&site, &linka, "jana", Answering::AtOnce);
    let _talking = comes(&site, &linka, "+420777000009", 0);
    let tells = |number: &str, waiting| {
        let asserted = format!("\nP-Asserted-Identity: <tel:{number}>");
        let caller = caller_who_stays(&site).with("from", "anonymous");
        waits(&site, &linka, caller.with("told", &asserted), waiting)
    };

    let (_first, order) = tells("+420777000001", 1);
    let first = order[0];
    let (_again, order) = tells("+420-777-000-001", 2);
    let again = order[1];
    let (_other, order) = tells("+420777000002", 3);

    assert_eq!((order[0], order[2]), (first, again));
}

#[test]
fn the_second_call_of_a_number_that_is_talked_with_lets_the_others_pass() {
    let site = busy_site();
    site.operator("eva", "");
    let linka = site.start();
    let mut phone = ready(&site, &linka, "jana", Answering::AtOnce);
    let _talking = comes(&site, &linka, "+420777000001", 0);
    let (_again, order) = comes(&site, &linka, "+420777000001", 1);
    let again = order[0];
    let (_other, order) = comes(&site, &linka, "+420777000002", 2);
    assert_eq!(order[1], again);

    let mut eva = registered(&site, "eva", Answering::AtOnce);
    dial(&mut eva, "*40");

    assert_eq!(talks(&linka, "eva"), order[0]);
    phone.hang_up();
    linka.wait_for("the second call is taken", SOON, |status| {
        let again = (again, "talking");
        crate::contacts(status).contains(&again).then_some(())
    });
}
