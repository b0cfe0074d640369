//! What an OAuth client and a browser meet, group by group of the catalogue.

mod harness;
