#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| offerd_fuzz::ldk_requests(data));
