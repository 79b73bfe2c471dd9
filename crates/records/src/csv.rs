/// Writes a table as CSV (RFC 4180): comma, CRLF, quotes doubled.
///
/// A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or
/// a line break) gets an apostrophe before it.
#[must_use]
pub fn csv<Row, Cell>(rows: impl IntoIterator<Item = Row>) -> String
where
    Row: IntoIterator<Item = Cell>,
    Cell: AsRef<str>,
{
    let mut out = String::new();
    for row in rows {
        for (at, cell) in row.into_iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            put_cell(&mut out, cell.as_ref());
        }
        out.push_str("\r\n");
    }
    out
}

fn put_cell(out: &mut String, cell: &str) {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let apostrophe = if is_formula { "'" } else { "" };
    if !cell.contains([',', '"', '\r', '\n']) {
        out.push_str(apostrophe);
        out.push_str(cell);
        return;
    }
    out.push('"');
    out.push_str(apostrophe);
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let written = csv([["plain", "a,b", "say \"yes\""], ["two\r\nlines", "", "ž"]]);

        assert_eq!(
            written,
            "plain,\"a,b\",\"say \"\"yes\"\"\"\r\n\"two\r\nlines\",,ž\r\n"
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(csv([[formula]]), format!("'{formula}\r\n"));
        }
        assert_eq!(csv([["=A1,\"B\""]]), "\"'=A1,\"\"B\"\"\"\r\n");
        assert_eq!(csv([["\r=1"]]), "\"'\r=1\"\r\n");
    }
}
