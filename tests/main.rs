#[cfg(test)]
mod browser;
#[cfg(test)]
mod interop;
#[cfg(test)]
mod process;
