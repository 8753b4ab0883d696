--- `:ClaudeRename [title]`: gives the session a title.
local here = require('claude-bridge.commands.here')

local M = {}

---@param call vim.api.keyset.create_user_command.command_args
function M.run(call)
  here.with_session(function(chat)
    local function rename(title)
      if title and title ~= '' then
        here.change(chat, 'session/rename', { title = title })
      end
    end
    if call.args ~= '' then
      return rename(call.args)
    end
    vim.ui.input({ prompt = 'Title: ', default = chat.session.title }, rename)
  end)
end

return M
