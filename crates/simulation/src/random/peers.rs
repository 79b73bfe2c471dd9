//! What is special about the phones and the carrier of a random day, and what befalls them.

use std::time::Duration;

use sip::Protocol;

use crate::carrier::{Bodies, Carrier, Holds, Keys};
use crate::centre::Centre;
use crate::chance::Chance;
use crate::peer::{Behind, Habits, Names};
use crate::world::World;

pub(super) fn carrier(chance: &mut Chance) -> Carrier {
    let keys = [Keys::InSound, Keys::DtmfRelay, Keys::Dtmf];
    let bodies = [Bodies::Description, Bodies::WithIsup];
    let holds = [
        Holds::WhatWasSent,
        Holds::AnotherForShort,
        Holds::SomebodyElsesToo,
    ];
    Carrier {
        keys: chance.of(&keys).unwrap_or_default(),
        bodies: chance.of(&bodies).unwrap_or_default(),
        holds: chance.of(&holds).unwrap_or_default(),
    }
}

pub(super) fn habits(chance: &mut Chance, centre: &Centre) -> Vec<(&'static str, Habits)> {
    let phones = super::phones(centre).into_iter();
    phones.map(|phone| (phone, habit(chance))).collect()
}

fn habit(chance: &mut Chance) -> Habits {
    let late = [Duration::ZERO, chance.millis(250, 1_000)];
    let behind = [
        Behind::Nothing,
        Behind::Nothing,
        Behind::Nat,
        Behind::NatInTheHouse,
        Behind::NatThatItKnows,
    ];
    let names = [Names::Nothing, Names::Itself];
    Habits {
        sound_after: chance.of(&late).unwrap_or_default(),
        behind: chance.of(&behind).unwrap_or_default(),
        protocol: if chance.percent(30) {
            Protocol::Tcp
        } else {
            Protocol::Udp
        },
        names: chance.of(&names).unwrap_or_default(),
        ..Habits::default()
    }
}

/// Something befalls a phone, or the way to it.
pub(super) fn trouble(world: &mut World, chance: &mut Chance) {
    let phones = super::phones(world.centre());
    let Some(phone) = chance.of(&phones) else {
        return;
    };
    match chance.below(20) {
        0..2 => world.rebind(phone),
        2..4 => world.lose_connections(phone),
        4 => world.start_again(phone),
        _ => {}
    }
}
