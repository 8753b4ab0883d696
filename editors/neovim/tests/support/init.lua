-- The configuration of a Neovim under test: the plugin, and pickers that a test answers.
vim.opt.runtimepath:prepend(vim.env.TEST_PLUGIN)
vim.o.swapfile = false
vim.g.claude_bridge = vim.json.decode(vim.env.TEST_OPTIONS)

_G.test = { notes = {}, errors = {} }

--- What is asked right now.
---@type { prompt: string, labels?: string[], choose: fun(choice: any) }?
test.asked = nil

function vim.ui.select(items, options, on_choice)
  local labels = vim.tbl_map(options.format_item or tostring, items)
  test.asked = {
    prompt = options.prompt,
    labels = labels,
    choose = function(index)
      test.asked = nil
      on_choice(items[index], index)
    end,
  }
end

function vim.ui.input(options, on_confirm)
  test.asked = {
    prompt = options.prompt,
    choose = function(text)
      test.asked = nil
      on_confirm(text)
    end,
  }
end

function vim.notify(text, level)
  table.insert(test.notes, text)
  if level == vim.log.levels.ERROR then
    table.insert(test.errors, text)
  end
end

---@return claude.Chat
function test.chat()
  return assert(require('claude-bridge.chat').current(), 'there is no chat')
end

--- Whether the chat has said all there is to say.
function test.is_idle()
  local chat = require('claude-bridge.chat').current()
  local session = chat and chat.session
  return session ~= nil
    and chat.turn == nil
    and not chat.loading
    and (session.state == 'idle' or session.state == 'parked' or session.state == 'closed')
    and chat.document.role ~= nil
    and chat.stream:is_empty()
end

--- The rows at which a fold that is closed begins, with the text there.
function test.closed_folds()
  local window = vim.fn.bufwinid(test.chat().buf)
  return vim.api.nvim_win_call(window, function()
    local found = {}
    for row = 1, vim.fn.line('$') do
      if vim.fn.foldclosed(row) == row then
        found[#found + 1] = { vim.fn.getline(row), vim.fn.foldclosedend(row) - row + 1 }
      end
    end
    return found
  end)
end

--- All virtual text of a buffer, in its order.
function test.virtual_text(buf)
  local said = {}
  for _, namespace in pairs(vim.api.nvim_get_namespaces()) do
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, namespace, 0, -1, { details = true })) do
      for _, chunk in ipairs(mark[4].virt_text or {}) do
        said[#said + 1] = chunk[1]
      end
    end
  end
  return table.concat(said, '\n')
end

--- All there is to know where a test waits in vain.
---@return string
function test.describe()
  local chat = package.loaded['claude-bridge.chat'] and require('claude-bridge.chat').current()
  local state = {
    mode = vim.api.nvim_get_mode(),
    asked = test.asked,
    notes = test.notes,
    messages = vim.fn.execute('messages'),
    session = chat and chat.session,
    turn = chat and chat.turn,
    last_seq = chat and chat.last_seq,
    waiting_events = chat and vim.tbl_count(chat.stream.queue),
    stream_scheduled = chat and chat.stream.scheduled,
    spinner = chat and chat.spinner.words,
    permissions = require('claude-bridge.permission').count(),
  }
  local lines = chat and vim.api.nvim_buf_get_lines(chat.buf, 0, -1, false) or {}
  return vim.inspect(state) .. '\n' .. table.concat(lines, '\n')
end
