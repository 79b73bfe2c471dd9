//! Skills with a least level, relaxed after stated waits.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

mod centre;

use centre::*;
use dispatch::*;

fn centre() -> Centre {
    let mut config = config(&[]);
    config.operators = vec![desk("anna", &[("uk", 3)]), desk("bara", &[("uk", 8)])];
    Centre::staffed(config)
}

#[test]
fn only_who_is_good_enough_is_rung() {
    let mut centre = centre();

    let contact = centre.arrives_with(Class::Crisis, need("uk", 5));

    assert_eq!(centre.offers(), [offer(contact, "bara")]);
}

#[test]
fn after_the_stated_wait_a_lower_level_will_do() {
    let mut centre = centre();
    let first = centre.arrives_with(Class::Crisis, need("uk", 5));
    centre.answers(first, "bara");
    let second = centre.arrives_with(Class::Crisis, relaxing("uk", 5, 30, 3));
    centre.look();

    centre.wait(29);
    assert_eq!(centre.offers(), []);
    centre.wait(1);

    assert_eq!(centre.offers(), [offer(second, "anna")]);
}

#[test]
fn an_offer_that_no_longer_fits_is_taken_back() {
    let mut centre = centre();
    let contact = centre.arrives(Class::Crisis);
    assert_eq!(centre.offers(), [offer(contact, "anna")]);

    centre.give(Input::Needed {
        contact,
        needs: need("uk", 5),
    });

    assert!(centre.has(&Decision::Withdraw {
        contact,
        operator: op("anna"),
        cause: Withdrawal::NoLongerFits
    }));
    assert_eq!(centre.offers(), [offer(contact, "bara")]);
}
