//! Variants that include others: everything that follows, and no circles.

use syn::{Error, Ident};

/// A variant, and those that it names.
pub(crate) struct Node<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) includes: &'a [Ident],
}

/// For each variant the places of all that it includes, through others as well.
///
/// # Errors
/// At what a variant of a circle names, or at a name that is no variant.
pub(crate) fn closure(nodes: &[Node<'_>], verb: &str) -> syn::Result<Vec<Vec<usize>>> {
    let place = |name: &Ident| {
        nodes
            .iter()
            .position(|node| node.name == name)
            .ok_or_else(|| Error::new(name.span(), format!("this enum has no variant `{name}`")))
    };
    let direct: Vec<Vec<usize>> =
        nodes.iter().map(|node| node.includes.iter().map(place).collect()).collect::<syn::Result<_>>()?;
    let mut all = Vec::new();
    for (start, node) in nodes.iter().enumerate() {
        let mut found: Vec<usize> = Vec::new();
        let mut open = direct.get(start).cloned().unwrap_or_default();
        while let Some(next) = open.pop() {
            if next == start {
                let span = node.includes.first().map_or(node.name.span(), Ident::span);
                let name = node.name;
                return Err(Error::new(
                    span,
                    format!("`{name}` {verb} itself, through what stands here: a hierarchy has no circles"),
                ));
            }
            if !found.contains(&next) {
                found.push(next);
                open.extend(direct.get(next).into_iter().flatten());
            }
        }
        found.sort_unstable();
        all.push(found);
    }
    Ok(all)
}
