//! The parts of protobuf's wire format that a report needs. Field numbers are below 16.

const VARINT: u8 = 0;
const BYTES: u8 = 2;

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub fn number(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(field << 3 | VARINT);
    varint(out, value);
}

pub fn string(out: &mut Vec<u8>, field: u8, value: &str) {
    out.push(field << 3 | BYTES);
    varint(out, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

/// A message with the fields that `write` writes. Reserves one byte for its size; a larger size moves the fields.
pub fn message(out: &mut Vec<u8>, field: u8, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(field << 3 | BYTES);
    let at = out.len();
    out.push(0);
    write(out);
    let size = out.len() - at - 1;
    if size < 0x80 {
        out[at] = size as u8;
    } else {
        let mut long = Vec::with_capacity(5);
        varint(&mut long, size as u64);
        out.splice(at..=at, long);
    }
}
