mod browser;
mod interop;
mod process;
