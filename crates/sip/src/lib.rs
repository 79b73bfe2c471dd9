//! A sans-IO SIP core: messages, transactions, dialogs, SDP, digest, registrar.
