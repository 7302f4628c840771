//! JSON, as little of it as a program needs to read a request: the standard library has none.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Table(BTreeMap<String, Value>),
}

impl Value {
    /// What stands under a way of keys; null where nothing does.
    pub fn at(&self, keys: &[&str]) -> &Value {
        keys.iter().fold(self, |value, key| match value {
            Value::Table(table) => table.get(*key).unwrap_or(&Value::Null),
            _ => &Value::Null,
        })
    }

    pub fn text(&self) -> &str {
        if let Value::Text(text) = self { text } else { "" }
    }

    pub fn number(&self) -> Option<f64> {
        if let Value::Number(number) = self { Some(*number) } else { None }
    }
}

/// A text as JSON writes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for one in text.chars() {
        match one {
            '"' | '\\' => out.extend(['\\', one]),
            one if (one as u32) < 0x20 => out += &format!("\\u{:04x}", one as u32),
            one => out.push(one),
        }
    }
    out + "\""
}

pub fn parse(text: &str) -> Result<Value, String> {
    let mut reader = Reader { text: text.as_bytes(), place: 0 };
    let value = reader.value()?;
    reader.space();
    if reader.place < reader.text.len() { Err(reader.wrong()) } else { Ok(value) }
}

struct Reader<'a> {
    text: &'a [u8],
    place: usize,
}

impl Reader<'_> {
    fn wrong(&self) -> String {
        format!("the request is not JSON at byte {}", self.place)
    }

    fn space(&mut self) {
        while self.text.get(self.place).is_some_and(u8::is_ascii_whitespace) {
            self.place += 1;
        }
    }

    fn take(&mut self, word: &str) -> bool {
        self.space();
        let is_there = self.text[self.place..].starts_with(word.as_bytes());
        self.place += if is_there { word.len() } else { 0 };
        is_there
    }

    fn need(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(self.wrong()) }
    }

    fn value(&mut self) -> Result<Value, String> {
        self.space();
        match self.text.get(self.place) {
            Some(b'{') => self.table(),
            Some(b'[') => self.list(),
            Some(b'"') => self.string().map(Value::Text),
            _ if self.take("null") => Ok(Value::Null),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ => self.number(),
        }
    }

    fn table(&mut self) -> Result<Value, String> {
        let mut table = BTreeMap::new();
        self.need("{")?;
        while !self.take("}") {
            if !table.is_empty() {
                self.need(",")?;
            }
            self.space();
            let key = self.string()?;
            self.need(":")?;
            table.insert(key, self.value()?);
        }
        Ok(Value::Table(table))
    }

    fn list(&mut self) -> Result<Value, String> {
        let mut list = Vec::new();
        self.need("[")?;
        while !self.take("]") {
            if !list.is_empty() {
                self.need(",")?;
            }
            list.push(self.value()?);
        }
        Ok(Value::List(list))
    }

    fn number(&mut self) -> Result<Value, String> {
        let rest = &self.text[self.place..];
        let length = rest.iter().take_while(|one| b"+-.eE0123456789".contains(one)).count();
        let word = std::str::from_utf8(&rest[..length]).unwrap_or("");
        let number = word.parse().map_err(|_| self.wrong())?;
        self.place += length;
        Ok(Value::Number(number))
    }

    fn string(&mut self) -> Result<String, String> {
        self.need("\"")?;
        let mut out = Vec::new();
        loop {
            let one = *self.text.get(self.place).ok_or_else(|| self.wrong())?;
            self.place += 1;
            match one {
                b'"' => return String::from_utf8(out).map_err(|_| self.wrong()),
                b'\\' => {
                    let escaped = self.escaped()?;
                    out.extend(escaped.to_string().bytes());
                }
                one => out.push(one),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, String> {
        let one = *self.text.get(self.place).ok_or_else(|| self.wrong())?;
        self.place += 1;
        Ok(match one {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => self.unicode()?,
            one => one as char,
        })
    }

    fn unicode(&mut self) -> Result<char, String> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.wrong());
        }
        self.need("\\u")?;
        let low = self.hex()?.wrapping_sub(0xdc00);
        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low).ok_or_else(|| self.wrong())
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.place..self.place + 4).ok_or_else(|| self.wrong())?;
        let word = std::str::from_utf8(digits).map_err(|_| self.wrong())?;
        let number = u32::from_str_radix(word, 16).map_err(|_| self.wrong())?;
        self.place += 4;
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let value = parse(r#" {"a": [1, -2.5e1, true, null], "b": {"c": "\u00e4\ud83d\ude00\n"}} "#).unwrap();
        assert_eq!(value.at(&["b", "c"]).text(), "ä😀\n");
        assert_eq!(value.at(&["b", "d", "e"]), &Value::Null);
        assert_eq!(parse(&quoted("\"\\\n\u{1}ä")).unwrap().text(), "\"\\\n\u{1}ä");
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in ["", "{", "[1", "\"a", "{\"a\" 1}", "1 2", "nul", "\"\\ud800\"", "[1 2]", "{\"a\":1 \"b\":2}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
