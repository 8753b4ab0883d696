--- `:ClaudeDelete`: deletes the session and its history, after asking.
local here = require('claude-bridge.commands.here')

local M = {}

function M.run()
  here.with_session(function(chat)
    local prompt = ('Delete %q and its history for ever?'):format(chat:title())
    vim.ui.select({ 'Keep it', 'Delete it' }, { prompt = prompt, kind = 'claude-delete' }, function(_, index)
      if index ~= 2 then
        return
      end
      require('claude-bridge.client').request('session/delete', { sessionId = chat.session.id }, function(error)
        if error then
          return require('claude-bridge.notify').error(error)
        end
        require('claude-bridge.chat.window').close(chat)
        vim.api.nvim_buf_delete(chat.buf, { force = true })
      end)
    end)
  end)
end

return M
