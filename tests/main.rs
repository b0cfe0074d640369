mod browser;
mod process;
