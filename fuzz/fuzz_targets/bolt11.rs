#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| offerd_fuzz::bolt11(data));
