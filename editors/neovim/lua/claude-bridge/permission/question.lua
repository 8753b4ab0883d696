--- What does the person say to these questions? One after the other; where several can be chosen, until it is enough.
local M = {}

local OTHER = 'Something else…'

---@param prompt string
---@param labels string[]
---@param done fun(index: integer?)
local function pick(prompt, labels, done)
  vim.cmd.redraw()
  vim.ui.select(labels, { prompt = prompt, kind = 'claude-question' }, function(_, index)
    done(index)
  end)
end

---@param option claude.QuestionOption
---@return string
local function label(option)
  return option.description ~= '' and ('%s: %s'):format(option.label, option.description) or option.label
end

---@param question claude.Question
---@return string
local function prompt_of(question)
  return question.header ~= '' and ('[%s] %s'):format(question.header, question.question) or question.question
end

---@param done fun(answer: string?)
local function own_words(done)
  vim.ui.input({ prompt = 'Your answer: ' }, function(words)
    done(words ~= '' and words or nil)
  end)
end

---@param question claude.Question
---@param done fun(answer: string?)
local function ask_one(question, done)
  local labels = vim.tbl_map(label, question.options)
  labels[#labels + 1] = OTHER
  pick(prompt_of(question), labels, function(index)
    if index == #labels then
      return own_words(done)
    end
    done(index and question.options[index].label)
  end)
end

---@param question claude.Question
---@param done fun(answer: string[]?)
local function ask_several(question, done)
  local chosen, own = {}, {}
  local function again()
    local labels = {}
    for index, option in ipairs(question.options) do
      labels[index] = ('[%s] %s'):format(chosen[index] and 'x' or ' ', label(option))
    end
    for _, words in ipairs(own) do
      labels[#labels + 1] = '[x] ' .. words
    end
    vim.list_extend(labels, { OTHER, 'That is all' })
    pick(prompt_of(question) .. ' (several)', labels, function(index)
      if not index then
        return done(nil)
      end
      if index == #labels then
        local answers = {}
        for at, option in ipairs(question.options) do
          answers[#answers + 1] = chosen[at] and option.label or nil
        end
        return done(vim.list_extend(answers, own))
      end
      if index == #labels - 1 then
        return own_words(function(words)
          own[#own + 1] = words
          again()
        end)
      end
      if index <= #question.options then
        chosen[index] = not chosen[index]
      else
        table.remove(own, index - #question.options)
      end
      again()
    end)
  end
  again()
end

---@param asked claude.Asked
---@param done fun(answer: claude.PermissionAnswer?)
function M.ask(asked, done)
  local answers = {}
  local function ask_from(index)
    local question = asked.permission.questions[index]
    if not question then
      return done({ behavior = 'allow', answers = next(answers) and answers or vim.empty_dict() })
    end
    local ask = question.multiSelect and ask_several or ask_one
    ask(question, function(answer)
      if answer == nil then
        return done(nil)
      end
      answers[question.question] = answer
      ask_from(index + 1)
    end)
  end
  ask_from(1)
end

return M
