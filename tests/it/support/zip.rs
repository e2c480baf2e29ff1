//! Zip files, written as plainly as the format allows: what emulators unpack.

/// A zip file of these files, each with its text, which may be run.
pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let at = number(bytes.len());
        let size = number(text.len());
        let length = u16::try_from(name.len()).expect("a short name").to_le_bytes();
        // Version 2.0, no flags, stored, of 1980 (APPNOTE 4.4).
        let mut about = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        about.extend(crc32(text.as_bytes()).to_le_bytes());
        about.extend([size, size].concat());
        about.extend([length, [0, 0]].concat());
        bytes.extend([b"PK\x03\x04", &about[..], name.as_bytes(), text.as_bytes()].concat());
        // Made on Unix, so that the mode counts: `-rwxr-xr-x`.
        directory.extend([b"PK\x01\x02", &[20, 3][..], &about].concat());
        directory.extend([0; 6]);
        directory.extend([&(0o100_755_u32 << 16).to_le_bytes()[..], &at, name.as_bytes()].concat());
    }
    let count = u16::try_from(files.len()).expect("few files").to_le_bytes();
    let (start, size) = (number(bytes.len()), number(directory.len()));
    bytes.extend(directory);
    bytes.extend([b"PK\x05\x06", &[0; 4][..], &count, &count, &size, &start, &[0; 2]].concat());
    bytes
}

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).expect("a small number").to_le_bytes()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _: u8| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), step);
    !bytes.iter().fold(u32::MAX, byte)
}
