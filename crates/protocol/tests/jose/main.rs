//! The JOSE wrapper and the parsers beside it, held to examples of the specifications, to mutants and to a corpus.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod mutants;
#[cfg(test)]
mod vectors;
