//! Joins SIP, media and the journal: facts in, orders out.
