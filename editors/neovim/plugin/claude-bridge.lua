-- What is there from the start: commands, <Plug> maps and the buffers' scheme. Nothing is loaded before one is used.

if vim.g.loaded_claude_bridge then
  return
end
vim.g.loaded_claude_bridge = true

---@type table<string, vim.api.keyset.user_command>
local commands = {
  Claude = { nargs = '*', range = true, bang = true, desc = 'Talk to Claude; !: in a new session' },
  ClaudeSessions = { nargs = '*', desc = 'Choose a session to go on with' },
  ClaudeSearch = { nargs = '*', desc = 'Search what was ever said' },
  ClaudeMode = { nargs = '?', desc = 'Set what Claude may do' },
  ClaudeModel = { nargs = '?', desc = 'Set the model' },
  ClaudeStudy = { nargs = '?', bang = true, desc = 'Set the study; !: none' },
  ClaudeInterrupt = { bang = true, desc = 'Interrupt the turn; !: and drop the messages that wait' },
  ClaudeExport = { nargs = '?', bang = true, complete = 'file', desc = 'Write the session to a file or a buffer' },
  ClaudeAnswer = { desc = 'Answer what Claude asks' },
  ClaudeRename = { nargs = '*', desc = 'Give the session a title' },
  ClaudeFork = { nargs = '*', desc = 'Go on in a copy of the session' },
  ClaudeCompact = { desc = 'Summarise the conversation to make room' },
  ClaudeDelete = { desc = 'Delete the session and its history' },
}

local completes = { ClaudeMode = true, ClaudeModel = true, ClaudeStudy = true }

for name, options in pairs(commands) do
  local module = 'claude-bridge.commands.' .. name:gsub('^Claude', ''):lower()
  module = name == 'Claude' and 'claude-bridge.commands.claude' or module
  if completes[name] then
    options.complete = function(lead)
      return require(module).complete(lead)
    end
  end
  vim.api.nvim_create_user_command(name, function(call)
    require(module).run(call)
  end, options)
end

local function plug(modes, name, command, desc)
  vim.keymap.set(modes, ('<Plug>(claude-%s)'):format(name), command, { desc = desc })
end

plug('n', 'toggle', function()
  require('claude-bridge').toggle()
end, 'Show or hide the chat')
plug('n', 'ask', '<Cmd>Claude<CR>', 'Open the chat')
plug('x', 'ask', ':Claude<CR>', 'Open the chat with the selection')
plug('n', 'new', '<Cmd>Claude!<CR>', 'Open a chat in a new session')
plug('n', 'sessions', '<Cmd>ClaudeSessions<CR>', 'Choose a session')
plug('n', 'search', '<Cmd>ClaudeSearch<CR>', 'Search what was ever said')
plug('n', 'mode', '<Cmd>ClaudeMode<CR>', 'Choose the mode')
plug('n', 'model', '<Cmd>ClaudeModel<CR>', 'Choose the model')
plug({ 'n', 'i' }, 'interrupt', '<Cmd>ClaudeInterrupt<CR>', 'Interrupt the turn')
plug('n', 'answer', '<Cmd>ClaudeAnswer<CR>', 'Answer what Claude asks')

local group = vim.api.nvim_create_augroup('claude-bridge', {})

vim.api.nvim_create_autocmd('BufReadCmd', {
  group = group,
  pattern = 'claude://*',
  desc = 'Show the session whose id the name has',
  callback = function(event)
    require('claude-bridge.chat').read(event.buf, event.match:match('^claude://([^/]*)'))
  end,
})

---@return boolean
local function has_left_an_input()
  return vim.iter(vim.api.nvim_list_bufs()):any(function(buf)
    return vim.startswith(vim.fs.basename(vim.api.nvim_buf_get_name(buf)), 'Claude: ')
  end)
end

local function restore()
  require('claude-bridge.chat.restore').all()
end

vim.api.nvim_create_autocmd('SessionLoadPost', {
  group = group,
  desc = 'Show the inputs again of the chats that a session of Neovim has',
  callback = function()
    if not has_left_an_input() then
      return
    end
    if vim.v.errmsg == '' then
      -- A session tells the name of each window without a file, and Neovim would wait for Enter after the second line.
      vim.cmd.redraw()
    end
    if vim.v.vim_did_enter == 1 then
      -- The event comes once a buffer, in a window of its own.
      vim.schedule(restore)
    else
      vim.api.nvim_create_autocmd('VimEnter', { group = group, once = true, callback = restore })
    end
  end,
})
