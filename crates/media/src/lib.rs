//! A sans-IO media engine: RTP relay, prompts, DTMF, G.711.
