-- The configuration of a Neovim in a terminal: the plugin, and all else as Neovim has it.
vim.opt.runtimepath:prepend(vim.env.TEST_PLUGIN)
vim.o.swapfile = false
vim.o.termguicolors = true
vim.o.background = 'dark'
vim.o.shortmess = vim.o.shortmess .. 'I'
vim.g.claude_bridge = vim.json.decode(vim.env.TEST_OPTIONS)
