std = 'luajit'
read_globals = { 'vim' }
globals = { 'vim.g', 'vim.b', 'vim.w', 'vim.o', 'vim.bo', 'vim.wo', 'vim.opt', 'vim.opt_local', 'vim.env', 'vim.ui' }
max_line_length = 120
files['lua/claude-bridge/types.lua'] = { max_line_length = false }
files['tests'] = { std = 'luajit+busted', globals = { 'vim', 'test', 'measure' } }
