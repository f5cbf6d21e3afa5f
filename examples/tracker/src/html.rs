//! Values in HTML: the one way from a text to a page.
//!
//! A page is a file with `{{name}}` where a value goes, between tags or in a quoted attribute. There every value is a text,
//! whatever is in it.

use std::borrow::Cow;

/// The page, with each value at its place. A place without a value stays as it is, which a test of each page would show.
pub(crate) fn fill(page: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(page.len());
    let mut rest = page;
    // What was filled in is not looked at again.
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        filled.push_str(before);
        match values.iter().find(|value| value.0 == name) {
            Some((_, value)) => filled.push_str(&escape(value)),
            None => filled.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_text_and_nothing_else() {
        let page = fill("<p title=\"{{a}}\">{{b}}</p>", &[("a", "\"><script>"), ("b", "{{a}} & <b>")]);
        assert_eq!(page, "<p title=\"&quot;&gt;&lt;script&gt;\">{{a}} &amp; &lt;b&gt;</p>");
        assert_eq!(fill("x{{c}}y {{", &[]), "x{{c}}y {{");
    }
}
