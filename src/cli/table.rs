//! Records as a table for people: columns as wide as their widest cell.

use super::output::shown;

/// Lays out rows under a header; every row has as many cells as the header.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let escaped = |row: &Vec<String>| row.iter().map(|cell| shown(cell).into_owned()).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(escaped).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(header.get(column).map_or(0, |name| name.len()))
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
    std::iter::once(&header)
        .chain(&rows)
        .map(|row| line(row, &widths))
        .collect()
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| {
            format!(
                "{}{}",
                cell,
                " ".repeat(width.saturating_sub(cell.chars().count()))
            )
        })
        .collect();
    format!("{}\n", padded.join("  ").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_obey_nobody() {
        let rows = vec![
            vec!["1".to_owned(), "a\u{1b}b".to_owned()],
            vec!["long".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["ID", "NAME"], &rows),
            "ID    NAME\n1     a\\u001bb\nlong\n"
        );
    }
}
